"""A click that misses is repeated, one that arrives is not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PAGE = """<div id="holder" style="padding: 50px"><button>Go on</button></div>
<script>
    let n = 0;
    const button = document.querySelector('button');
    button.onclick = () => { document.title = String(++n); };
    // It moves under the mouse, as on a page that is laid out anew in just this moment.
    button.onpointerdown = () => { if (MOVES-- > 0) button.style.marginLeft = `${300 * MOVES + 200}px`; };
</script>"""


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_a_click_that_misses_is_repeated(chromium: Browser, moves: int) -> None:
    page = chromium.new_page()
    page.set_content(PAGE.replace("MOVES", "moves").replace("let n", f"let moves = {moves}, n"))
    page.get_by_role("button").click()
    assert page.title() == "1"
    page.close()
