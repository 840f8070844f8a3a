"""Taking a file in, for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace

from hati_core.imports import FilePreview, Importer, ImportMode, ImportOrder, TakenColumn

Take = Callable[[str, str | bytes], Importer]


def into(preview: FilePreview, table: str, mode: ImportMode, **names: str) -> ImportOrder:
    """All columns of a file into those of the same names, or of ``names``, of a table that is there."""
    columns = tuple(TakenColumn(c.name, names.get(c.name, c.name), c.type) for c in preview.columns)
    return replace(preview.order(table, ()), mode=mode, columns=columns)


def workbook(sheets: Mapping[str, str]) -> bytes:
    """A workbook with these sheets, each with one column of this name and two rows."""
    space = "http://schemas.openxmlformats.org"
    office, package = f"{space}/officeDocument/2006/relationships", f"{space}/package/2006"
    main = f'xmlns="{space}/spreadsheetml/2006/main" xmlns:r="{office}"'
    listed = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(sheets, 1))
    related = "".join(
        f'<Relationship Id="r{at}" Type="{office}/worksheet" Target="worksheets/{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        start = f'<Relationship Id="r" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        file.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">{start}</Relationships>')
        file.writestr("xl/workbook.xml", f"<workbook {main}><sheets>{listed}</sheets></workbook>")
        file.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{related}</Relationships>'
        )
        for at, column in enumerate(sheets.values(), 1):
            rows = "".join(f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>' for text in (column, "A", "B"))
            file.writestr(f"xl/worksheets/{at}.xml", f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>")
    return content.getvalue()
