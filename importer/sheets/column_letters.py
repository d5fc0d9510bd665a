"""What Excel calls a column: A to Z, then AA and so on."""


def column_letters(position: int) -> str:
    """The letters of the column at `position`, from 1."""
    letters = ""
    while position:
        position, letter = divmod(position - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters
