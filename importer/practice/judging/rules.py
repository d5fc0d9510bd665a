"""What the rules leave open: how the practice CRM was told to read them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """The readings; what stands here is the usual one."""

    by_layout: bool = True  # fields that only the layout asks for are needed
    new_options: bool = True  # an unknown picklist value is added to the list
    blank_key_inserts: bool = True  # an upsert's row without a key is a new record
