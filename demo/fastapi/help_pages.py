"""The help pages as HTML. Each heading gets the anchor that Widgent's citations point to."""
import re
from pathlib import Path

import markdown

DEMO = Path(__file__).parent.parent


def anchor(text: str, _separator: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def help_page(name: str) -> str | None:
    """Nothing where there is no such page."""
    file = DEMO / "help" / f"{name}.md"
    if not re.fullmatch(r"[a-z-]+", name) or not file.exists():
        return None
    renderer = markdown.Markdown(extensions=["meta", "toc"], extension_configs={"toc": {"slugify": anchor}})
    body = renderer.convert(file.read_text())
    template = (DEMO / "shop" / "help.html").read_text()
    return template.replace("{{title}}", renderer.Meta["title"][0]).replace("{{body}}", body)
