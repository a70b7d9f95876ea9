"""Files as they come: whatever the kind, the same cells with their row numbers; clear words where that cannot be."""

import zipfile
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from beizai.base.errors import Invalid
from beizai.imports.reading import Options, Staged, stage


def write(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def cells(staged: Staged) -> list[tuple[object, ...]]:
    return duckdb.connect().read_parquet(str(staged.path)).fetchall()


def read(path: Path, **options: object) -> Staged:
    folder = path.parent / f"staged-{path.name}"
    folder.mkdir()
    return stage(path, folder, Options(**options))


TABLE = "Order,Date,Amount\nA1,2024-01-05,12.50\nA2,2024-01-06,\n"
ROWS = [("A1", "2024-01-05", "12.50", None), ("A2", "2024-01-06", None, None)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_plain_table_is_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    staged = read(write(tmp_path / "a.csv", TABLE, encoding))
    assert cells(staged) == ROWS
    assert [column.header for column in staged.columns] == ["Order", "Date", "Amount"]
    assert staged.first_row == 2


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "shift_jis"])
def test_far_eastern_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    text = {
        "gb18030": "订单编号,商品名称,数量\n1,茉莉花茶,2\n",
        "big5": "訂單編號,商品名稱,數量\n1,烏龍茶,2\n",
        "shift_jis": "注文番号,商品名,数量\n1,お茶,2\n",
    }
    staged = read(write(tmp_path / "a.csv", text[encoding], encoding))
    assert cells(staged)[0][1] == text[encoding].splitlines()[1].split(",")[1]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    staged = read(write(tmp_path / "a.csv", TABLE.replace(",", delimiter)))
    assert cells(staged) == ROWS


def test_a_file_that_says_its_delimiter_is_believed(tmp_path: Path) -> None:
    staged = read(write(tmp_path / "a.csv", "sep=;\nOrder;Amount\nA1;1,5\n"))
    assert cells(staged) == [("A1", "1,5", None)]
    assert staged.first_row == 3


def test_titles_above_the_header_are_passed_over_and_rows_keep_their_number(tmp_path: Path) -> None:
    staged = read(write(tmp_path / "a.csv", "Sales of the shop,,\n,,\n" + TABLE))
    assert cells(staged) == ROWS
    assert staged.first_row == 4


def test_blank_lines_and_line_ends_inside_quotes_keep_the_numbering(tmp_path: Path) -> None:
    staged = read(write(tmp_path / "a.csv", 'Order,Note,Amount\nA1,"two\nlines",1\n\nA2,x,2\n'))
    assert cells(staged) == [
        ("A1", "two\nlines", "1", None),
        (None, None, None, None),
        ("A2", "x", "2", None),
    ]


def test_a_row_with_too_many_cells_is_marked_and_a_short_one_filled(tmp_path: Path) -> None:
    staged = read(write(tmp_path / "a.csv", "Order,Date,Amount\nA1,2024-01-05,1,5\nA2\n"))
    assert [row[3] for row in cells(staged)] == ["too_many_cells", None]
    assert {remark.code for remark in staged.remarks} == {"short_rows", "long_rows"}


def test_two_encodings_in_one_file_are_repaired_line_by_line(tmp_path: Path) -> None:
    lines = ["Order,Name", *(f"{n},Zoé" for n in range(20))]
    data = b"\n".join(line.encode("cp1252" if number == 7 else "utf-8") for number, line in enumerate(lines))
    staged = read(write(tmp_path / "a.csv", data))
    assert {row[1] for row in cells(staged)} == {"Zoé"}
    remark = staged.remarks[0]
    assert (remark.code, remark.count, remark.row_no) == ("two_encodings", 1, 8)


def test_a_quotation_mark_that_is_never_closed_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="row 3"):
        read(write(tmp_path / "a.csv", 'Order,Amount\nA1,1\nA2,"2\nA3,3\n'))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n  \n", "no text"),
        ("a.xlsx", b"Order,Amount\n1,2\n", "not what its name says"),
        ("a.csv", b"%PDF-1.7 ...", "PDF"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table>", "web page"),
        ("a.csv", b"PAR1....", "not what its name says"),
        ("a.parquet", b"PAR1....PAR1", "damaged"),
        ("a.csv", b"Order,Amount\n", "no rows"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        read(write(tmp_path / name, content))


def workbook(path: Path) -> xlsxwriter.Workbook:
    return xlsxwriter.Workbook(str(path))


def test_a_workbook_with_title_merged_cells_formulas_and_dates(tmp_path: Path) -> None:
    with workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("Ventes")
        sheet.merge_range("A1:D1", "Ventes 2024")
        sheet.write_row("A3", ["Commande", "Date", "Produit", "Montant"])
        sheet.merge_range("A4:A5", 17850)
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_number("B4", 45296, day)
        sheet.write_string("B5", "06/01/2024")
        sheet.write_row("C4", ["Thé", 2.5])
        sheet.write_string("C5", "Café")
        sheet.write_formula("D5", "=D4*2", value=5)
    staged = read(tmp_path / "a.xlsx")
    assert cells(staged) == [
        ("17850", "2024-01-05", "Thé", "2.5", None),
        ("17850", "06/01/2024", "Café", "5", None),
    ]
    assert staged.first_row == 4
    assert {remark.code for remark in staged.remarks} == {"merged_filled", "formulas"}


def test_merged_amounts_are_not_repeated(tmp_path: Path) -> None:
    with workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["Order", "Product", "Amount"])
        sheet.merge_range("A2:A3", "A1")
        sheet.merge_range("C2:C3", 30)
        sheet.write_column("B2", ["x", "y"])
    assert cells(read(tmp_path / "a.xlsx")) == [("A1", "x", "30", None), ("A1", "y", None, None)]


def test_the_sheet_of_the_kind_is_chosen_and_another_can_be_named(tmp_path: Path) -> None:
    with workbook(tmp_path / "a.xlsx") as book:
        for name, headers in (
            ("Notes", ["x"]),
            ("Customers", ["Customer number", "Name"]),
            ("Orders", ["Order number", "Amount"]),
        ):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, headers)
            sheet.write_row(1, 0, ["1", "2"])
    assert read(tmp_path / "a.xlsx", kind="orders").sheet == "Orders"
    (tmp_path / "b.xlsx").write_bytes((tmp_path / "a.xlsx").read_bytes())
    assert read(tmp_path / "b.xlsx", kind="orders", sheet="Customers").sheet == "Customers"


def _zip(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    bomb = b"<worksheet>" + b" " * 120_000_000
    with pytest.raises(Invalid, match="is not opened"):
        read(_zip(tmp_path / "a.xlsx", {"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": bomb}))


def test_a_cell_at_the_end_of_the_world_is_not_opened(tmp_path: Path) -> None:
    sheet = b'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    with pytest.raises(Invalid, match="is not opened"):
        read(
            _zip(tmp_path / "a.xlsx", {"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": sheet})
        )


def test_texts_repeated_without_end_are_not_opened(tmp_path: Path) -> None:
    shared = b"<sst><si><t>" + b"x" * 1_000_000 + b"</t></si></sst>"
    cell = b'<c r="A1" t="s"><v>0</v></c>'
    sheet = b"<worksheet><sheetData><row>" + cell * 4000 + b"</row></sheetData></worksheet>"
    with pytest.raises(Invalid, match="repeated"):
        read(
            _zip(
                tmp_path / "a.xlsx",
                {
                    "xl/workbook.xml": b"<workbook/>",
                    "xl/sharedStrings.xml": shared,
                    "xl/worksheets/sheet1.xml": sheet,
                },
            )
        )


def test_the_fast_and_the_careful_reading_give_the_same_cells(tmp_path: Path) -> None:
    body = "".join(f'A{n},2024-01-05,"{n} ""x"", y"\n' for n in range(3000))
    fast = cells(read(write(tmp_path / "fast.csv", "Order,Date,Note\n" + body)))
    careful = cells(read(write(tmp_path / "careful.csv", "Order,Date,Note\n" + body + "\n")))
    assert fast == careful[:-1]
