"""The people of an organisation, who own records: all of them, however many."""

import httpx
import pytest

from importer.crm.errors import CrmUnavailable
from importer.crm.hosts import one_host
from importer.crm.schema import CrmUser
from tests.practice_server import practice_crm


def person(number: int, **more: object) -> dict[str, object]:
    return {
        "id": 5725767000000411000 + number,
        "full_name": f"Person {number}",
        "email": f"person.{number}@example.com",
        "status": "active",
        **more,
    }


def page(number: int, people: list[dict[str, object]], *, more: bool) -> httpx.Response:
    info = {"per_page": 200, "count": len(people), "page": number, "more_records": more}
    return httpx.Response(200, json={"users": people, "info": info})


def test_users_are_read_from_all_pages(client, crm):
    people = [person(number) for number in range(450)]
    crm.script = [
        page(1, people[:200], more=True),
        page(2, people[200:400], more=True),
        page(3, people[400:], more=False),
    ]

    users = list(client.users())

    assert [user.email for user in users] == [one["email"] for one in people]
    assert [dict(r.url.params) for r in crm.requests] == [
        {"type": "AllUsers", "per_page": "200"},
        {"type": "AllUsers", "per_page": "200", "page": "2"},
        {"type": "AllUsers", "per_page": "200", "page": "3"},
    ]


def test_user_is_known_by_a_text_id_and_by_whether_they_are_still_there(client, crm):
    crm.script = [page(1, [person(1), person(2, status="inactive", email=None)], more=False)]

    assert list(client.users()) == [
        CrmUser("5725767000000411001", "Person 1", "person.1@example.com", active=True),
        CrmUser("5725767000000411002", "Person 2", "", active=False),
    ]


def test_users_of_the_practice_crm_come_page_by_page(tmp_path, connect):
    with practice_crm(tmp_path, leavers=420) as address:
        users = list(connect(hosts=one_host(address)).users())

    assert len({user.id for user in users}) == 423
    assert [user.name for user in users if user.active] == [
        "Patricia Boyle",
        "Tomasz Zielinski",
        "Amara Okafor",
    ]


@pytest.mark.parametrize("body", [{"users": [{"name": "nobody"}]}, {"users": {"id": "1"}}])
def test_users_that_cannot_be_read_make_a_broken_answer(client, crm, body):
    crm.script = [httpx.Response(200, json=body)]

    with pytest.raises(CrmUnavailable, match="lacks"):
        list(client.users())


def test_list_that_claims_more_and_holds_nothing_is_broken(client, crm):
    crm.script = [page(1, [person(1)], more=True), page(2, [], more=True)]

    with pytest.raises(CrmUnavailable, match="there should be more"):
        list(client.users())
