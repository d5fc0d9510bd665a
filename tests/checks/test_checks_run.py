"""The check of a whole table: keys, files, counts, questions."""

import cattrs
import polars as pl
import pytest

from importer.checks import Cleared, ProblemGroup, Summary, ask, check
from importer.checks.problems import KINDS
from importer.crm.schema import Field, Module, Operation, Option
from importer.mapping import ColumnMapping, FixedValue, Mapping

LEADS = Module(
    "Leads",
    "Leads",
    "Lead",
    (
        Field("id", "Record Id", "bigint", length=19, creatable=False, updatable=False),
        Field("Last_Name", "Last Name", "text", length=80, required=True),
        Field("Email", "Email", "email", length=100, unique=True),
        Field("Code", "Code", "text", length=20, unique=True, case_sensitive=True),
        Field("Revenue", "Revenue", "currency", length=16, decimal_places=2),
        Field("Start", "Start", "date"),
        Field("Source", "Source", "picklist", options=(Option("Web", "Web"),)),
    ),
)
COLUMNS = (
    ColumnMapping("start", "Start"),
    ColumnMapping("name", "Last_Name"),
    ColumnMapping("mail", "Email"),
)


@pytest.fixture
def run(stage, tmp_path):
    """Checks columns of texts; gives the summary, the checked rows and the problems."""

    def check_columns(mapping, operation=Operation.INSERT, find_by=None, **columns):
        checked, problems = tmp_path / "checked.parquet", tmp_path / "problems.parquet"
        table = stage(**columns)
        summary = check(table, mapping, LEADS, operation, find_by, "UTC", checked, problems)
        return summary, pl.read_parquet(checked), pl.read_parquet(problems)

    return check_columns


def mapped(field, **options):
    return Mapping((ColumnMapping("name", "Last_Name"), ColumnMapping("c", field)), **options)


def codes(problems):
    return problems.select("row", "code").rows()


def test_check_writes_good_rows_with_the_match_field_first(run):
    summary, checked, problems = run(
        Mapping(COLUMNS, (FixedValue("Source", "web"),)),
        Operation.UPSERT,
        "Email",
        name=["Rao", None, " Lee "],
        mail=["a@b.co", "c@d.co", None],
        start=["31.12.2024", "01.02.2025", "03.04.2025"],
    )

    assert checked.rows(named=True) == [
        {
            "_row": 2,
            "Email": "a@b.co",
            "Last_Name": "Rao",
            "Start": "2024-12-31",
            "Source": "Web",
        }
    ]
    assert list(checked.columns) == ["_row", "Email", "Last_Name", "Start", "Source"]
    assert codes(problems) == [(3, "required_blank"), (4, "key_blank")]
    assert (summary.rows, summary.ready, summary.held_back) == (3, 1, 2)


def test_check_groups_problems_by_cause(run):
    summary, _, _ = run(
        Mapping(COLUMNS),
        name=["A", "B", "C", None],
        mail=["bad", "worse", "bad", None],
        start=[None] * 4,
    )

    assert summary.groups == (
        ProblemGroup("not_an_email", "error", "mail", "Email", 3, (2, 3, 4), ("bad", "worse")),
        ProblemGroup("required_blank", "error", "name", "Last_Name", 1, (5,), ()),
    )


def test_check_reports_every_problem_of_a_row_and_what_was_seen(run):
    _, _, problems = run(mapped("Revenue"), name=[None, "B"], c=["x", "1.2399"])

    assert problems.rows() == [
        (2, "name", "Last_Name", "required_blank", "error", None, None),
        (2, "c", "Revenue", "not_a_number", "error", "x", None),
        (3, "c", "Revenue", "truncated_decimals", "warning", "1.2399", None),
    ]


def test_check_sends_rows_that_have_warnings_only(run):
    summary, checked, _ = run(mapped("Revenue"), name=["A"], c=["1.2399"])

    assert summary.ready == 1
    assert checked["Revenue"].to_list() == ["1.23"]


def test_check_of_an_update_lets_required_fields_be_blank(run):
    summary, _, _ = run(mapped("Email"), Operation.UPDATE, "Email", name=[None], c=["a@b.co"])

    assert summary.ready == 1


def test_check_holds_back_rows_with_nothing_to_send(run):
    mapping = Mapping((ColumnMapping("c", "Revenue"),))

    summary, checked, problems = run(mapping, c=["5", None])

    assert codes(problems) == [(3, "row_blank")]
    assert (summary.ready, checked.height) == (1, 1)


MAIL = ColumnMapping("mail", "Email")


def test_check_counts_the_blank_cells_that_clear_in_rows_that_are_ready(run):
    mapping = Mapping(
        (
            MAIL,
            ColumnMapping("source", "Source", values={"n/a": ""}, clears=True),
            ColumnMapping("revenue", "Revenue", clears=True),
            ColumnMapping("code", "Code", clears=True),
            ColumnMapping("start", "Start"),
        )
    )

    summary, _, _ = run(
        mapping,
        Operation.UPDATE,
        "Email",
        mail=["a@b.co", "c@d.co", "e@f.co", "held back"],
        source=["n/a", None, "Web", None],
        revenue=[" ", "5", "6", None],
        code=["1", "2", "3", None],
        start=[None] * 4,
    )

    assert summary.clears == (Cleared("Source", "source", 2), Cleared("Revenue", "revenue", 1))


def test_check_counts_what_clears_over_all_stretches_of_a_long_table(run):
    rows = 30_001
    mapping = Mapping((MAIL, ColumnMapping("code", "Code", clears=True)))

    summary, _, _ = run(
        mapping,
        Operation.UPDATE,
        "Email",
        mail=[f"p{n}@b.co" for n in range(rows)],
        code=[None] * rows,
    )

    assert summary.clears == (Cleared("Code", "code", rows),)


def test_row_with_a_match_value_alone_is_an_update_that_clears(run):
    mapping = Mapping((MAIL, ColumnMapping("code", "Code", clears=True)))

    summary, checked, _ = run(mapping, Operation.UPDATE, "Email", mail=["a@b.co"], code=[None])

    assert checked.rows() == [(2, "a@b.co", None)]
    assert (summary.ready, summary.clears) == (1, (Cleared("Code", "code", 1),))


def test_check_of_an_insert_clears_nothing(run):
    mapping = Mapping((MAIL, ColumnMapping("code", "Code", clears=True)))

    summary, _, _ = run(mapping, mail=["a@b.co"], code=[None])

    assert summary.clears == ()


def test_summary_from_before_anything_could_be_cleared_still_loads():
    stored = {"rows": 2, "ready": 1, "held_back": 1, "groups": []}

    assert cattrs.structure(stored, Summary) == Summary(2, 1, 1, ())


def test_check_reads_fixed_values_as_the_crm_writes_them(run):
    mapping = Mapping((ColumnMapping("name", "Last_Name"),), (FixedValue("Start", "03/04/2025"),))

    _, _, problems = run(mapping, name=["A"])

    assert problems.rows() == [(2, None, "Start", "not_a_date", "error", "03/04/2025", None)]


@pytest.mark.parametrize(("repeats", "sent"), [("hold", [4]), ("first", [2, 4]), ("last", [4, 5])])
def test_repeated_keys_send_the_row_that_the_mapping_names(run, repeats, sent):
    summary, checked, problems = run(
        mapped("Email", repeats=repeats),
        Operation.UPSERT,
        "Email",
        name=["A", "B", "C", "D"],
        c=["ana@x.co", " ANA@x.co", "bo@x.co", "Ana@X.co"],
    )

    assert checked["_row"].to_list() == sent
    assert set(problems["code"]) == {"key_repeated"}
    assert set(problems["suggestion"]) == {"2, 3 and 5"}
    assert summary.held_back == 4 - len(sent)


def test_repeated_keys_of_a_field_that_minds_case_may_differ_by_it(run):
    summary, _, _ = run(mapped("Code"), Operation.UPDATE, "Code", name=["A", "B"], c=["x", "X"])

    assert summary.ready == 2


def test_repeated_unique_values_let_the_first_row_in(run):
    _, checked, problems = run(mapped("Email"), name=["A", "B", "C"], c=["a@b.co", None, "A@b.co"])

    assert checked["_row"].to_list() == [2, 3]
    assert codes(problems) == [(4, "unique_repeated")]


def test_repeated_unique_values_of_rows_held_back_bother_no_other(run):
    mapping = Mapping(
        (
            ColumnMapping("name", "Last_Name"),
            ColumnMapping("mail", "Email"),
            ColumnMapping("code", "Code"),
        ),
        repeats="last",
    )

    _, checked, _ = run(
        mapping,
        Operation.UPSERT,
        "Email",
        name=["A", "B"],
        mail=["a@b.co", "a@b.co"],
        code=["x", "x"],
    )

    assert checked["_row"].to_list() == [3]


def test_blank_keys_are_not_repeats_of_each_other(run):
    _, _, problems = run(mapped("Email"), Operation.UPSERT, "Email", name=["A", "B"], c=[None, ""])

    assert codes(problems) == [(2, "key_blank"), (3, "key_blank")]


def test_insert_that_skips_known_records_lets_a_blank_key_in(run):
    summary, _, _ = run(mapped("Email"), Operation.INSERT, "Email", name=["A"], c=[None])

    assert summary.ready == 1


def test_check_decides_a_column_over_all_stretches_of_a_long_table(run):
    texts = ["03/04/2025"] * 30_000 + ["31/12/2024"]

    summary, checked, _ = run(mapped("Start"), name=["A"] * 30_001, c=texts)

    assert summary.ready == 30_001
    assert checked["Start"].unique().sort().to_list() == ["2024-12-31", "2025-04-03"]
    assert checked["_row"].to_list() == list(range(2, 30_003))


def test_check_of_a_table_in_which_no_row_is_good_writes_an_empty_file(run):
    _, checked, _ = run(mapped("Email"), name=[None], c=["bad"])

    assert checked.schema == {"_row": pl.Int64, "Last_Name": pl.String, "Email": pl.String}
    assert checked.is_empty()


def test_check_that_fails_leaves_no_file_behind(stage, tmp_path):
    table = stage(name=["A"])
    folder = tmp_path / "out"

    with pytest.raises(pl.exceptions.PolarsError):
        check(
            table, Mapping((ColumnMapping("gone", "Last_Name"),)), LEADS, Operation.INSERT,
            None, "UTC", folder / "checked", folder / "problems",
        )  # fmt: skip

    assert list(folder.iterdir()) == []


def test_ask_has_nothing_to_ask_about_a_clear_table(stage):
    table = stage(name=["A"], mail=["a@b.co"], start=["31/12/2024"])

    assert ask(table, Mapping(COLUMNS), LEADS, Operation.UPSERT, "Email") == ()


@pytest.mark.parametrize("answer", [None, "dmy"])
def test_ask_shows_dates_with_two_readings_answered_or_not(stage, answer):
    table = stage(c=["03/04/2025", "05/05/2025", "03/04/2025", "01/02/2025", "2025-01-31"])
    mapping = Mapping((ColumnMapping("c", "Start", date_order=answer),))

    (question,) = ask(table, mapping, LEADS, Operation.INSERT, None)

    assert (question.kind, question.rows) == ("date_order", 3)
    assert question.samples == ("03/04/2025", "01/02/2025")


def test_ask_shows_numbers_with_two_readings(stage):
    table = stage(c=["1.000", "7"])

    (question,) = ask(
        table, Mapping((ColumnMapping("c", "Revenue"),)), LEADS, Operation.INSERT, None
    )

    assert (question.kind, question.rows, question.samples) == ("decimal_mark", 1, ("1.000",))


def test_ask_shows_repeated_keys_with_all_their_rows(stage):
    table = stage(c=["a@b.co", "A@b.co", "c@d.co", None])

    (question,) = ask(
        table, Mapping((ColumnMapping("c", "Email"),)), LEADS, Operation.UPDATE, "Email"
    )

    assert (question.kind, question.column, question.rows) == ("repeats", "c", 2)


def test_ask_does_not_take_record_ids_for_numbers_with_two_readings(stage):
    table = stage(c=["1.000"])

    assert ask(table, Mapping((ColumnMapping("c", "id"),)), LEADS, Operation.UPDATE, "id") == ()


def test_every_code_that_a_check_gives_has_its_words(run):
    _, _, problems = run(
        mapped("Revenue"), name=["#N/A", None, "x" * 81], c=["1.000", "x", "12345678901234567"]
    )

    assert set(problems["code"]) <= set(KINDS)
