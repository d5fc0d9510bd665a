"""Meetings and calls, as data. Bulk write takes neither."""

from importer.practice.organisation.common_fields import DESCRIPTION
from importer.practice.organisation.fields import Field, options
from importer.practice.organisation.module import Module

EVENTS = Module(
    13,
    "Events",
    "Meeting",
    "Event_Title",
    (
        Field("Event_Title", max_length=255, mandatory=True, display=True, named="Title"),
        Field("Start_DateTime", "datetime", mandatory=True, named="From"),
        Field("End_DateTime", "datetime", mandatory=True, named="To"),
        Field("Remind_At", "event_reminder", mandatory=True, named="Reminder"),
        Field("All_day", "boolean", named="All day"),
        Field("Venue", max_length=255, named="Location"),
        Field("Who_Id", "lookup", lookup="Contacts", named="Contact Name"),
        Field("What_Id", "lookup", lookup="Accounts", named="Related To"),
        DESCRIPTION,
    ),
    in_bulk=False,
)
CALLS = Module(
    14,
    "Calls",
    "Call",
    "Subject",
    (
        Field("Subject", max_length=255, mandatory=True, display=True),
        Field(
            "Call_Type",
            "picklist",
            mandatory=True,
            options=options("Inbound", "Outbound", "Missed"),
        ),
        Field("Call_Start_Time", "datetime", mandatory=True),
        Field("Call_Duration", max_length=20, mandatory=True),
        Field("Call_Purpose", "picklist", options=options("Prospecting", "Negotiation", "Demo")),
        Field("Call_Result", max_length=100),
        Field("Who_Id", "lookup", lookup="Contacts", named="Contact Name"),
        Field("What_Id", "lookup", lookup="Accounts", named="Related To"),
        DESCRIPTION,
    ),
    in_bulk=False,
)
