"""The pages in a real browser, against a served Poisk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tests.support.processes import served

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")) and "CI" not in os.environ,
    reason="chromium and chromedriver are not on this machine",
)
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="module")
def address(demo_folder: Path) -> Iterator[str]:
    with served(demo_folder, ("-m", "gunicorn", "wsgi:app"), workers=1) as (address, _):
        yield address


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not request.param:
        preference = {"profile.managed_default_content_settings.javascript": 2}
        options.add_experimental_option("prefs", preference)
    service = webdriver.ChromeService(shutil.which("chromedriver") or "")
    driver = webdriver.Chrome(options=options, service=service)
    driver.implicitly_wait(20)
    yield driver
    assert logged(driver) == []
    driver.quit()


def logged(browser: Chrome) -> list[object]:
    """What the browser complained of since it was last asked."""
    return list(browser.get_log("browser"))  # type: ignore[no-untyped-call]


@contextmanager
def turned(browser: Chrome) -> Iterator[None]:
    """Waits until what is done in the block has led to another page."""
    page = browser.find_element(By.TAG_NAME, "html")
    yield
    WebDriverWait(browser, 30).until(staleness_of(page))


def click(browser: Chrome, how: str, what: str) -> None:
    """Clicks a link, and waits for its page."""
    with turned(browser):
        browser.find_element(how, what).click()


def total(browser: Chrome) -> str:
    return browser.find_element(By.ID, "total").text


def test_a_reader_types_narrows_down_turns_the_page_and_reads(
    browser: Chrome, address: str
) -> None:
    browser.get(f"{address}/?ui=ru")
    with turned(browser):
        browser.find_element(By.ID, "q").send_keys("школам", Keys.ENTER)
    assert total(browser).startswith("Найдено 8 статей")
    assert browser.find_element(By.ID, "q").get_attribute("value") == "школам"
    click(browser, By.LINK_TEXT, "Диаспора")
    assert total(browser).startswith("Найдено 2 статьи")
    click(browser, By.LINK_TEXT, "Сбросить все фильтры")
    assert total(browser).startswith("Найдено 8 статей")
    click(browser, By.CSS_SELECTOR, ".hits h2 a")
    title = browser.find_element(By.TAG_NAME, "h1").text
    assert "школам обещали учебники" in title
    click(browser, By.CSS_SELECTOR, ".related a")
    assert browser.find_element(By.TAG_NAME, "h1").text != title
    click(browser, By.LINK_TEXT, "English")
    assert browser.find_element(By.ID, "related").text == "Related articles"


def test_the_second_page_follows_the_first(browser: Chrome, address: str) -> None:
    browser.get(f"{address}/?ui=en")
    first = browser.find_element(By.CSS_SELECTOR, ".hits h2").text
    click(browser, By.LINK_TEXT, "Next")
    assert browser.find_element(By.CSS_SELECTOR, ".hits").get_attribute("start") == "11"
    click(browser, By.LINK_TEXT, "Previous")
    assert browser.find_element(By.CSS_SELECTOR, ".hits h2").text == first


def test_the_keyboard_alone_is_enough(browser: Chrome, address: str) -> None:
    browser.get(f"{address}/?ui=en&q=school")
    active = browser.switch_to.active_element
    active.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to results"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    target = browser.switch_to.active_element.get_attribute("href")
    assert target
    assert target.startswith(address)


@pytest.mark.parametrize(
    "path", ["/?q=школам", "/?q=щщщщ", "/articles/en-0203-edinburgh-bookshop", "/docs", "/none"]
)
def test_nothing_hangs_over_the_edge_of_a_telephone(
    browser: Chrome, address: str, path: str
) -> None:
    browser.set_window_size(360, 800)
    browser.get(f"{address}{path}")
    root = browser.find_element(By.TAG_NAME, "html")
    width = int(str(root.get_property("clientWidth")))
    assert int(str(root.get_property("scrollWidth"))) <= width
    if path == "/none" or path.startswith("/articles"):
        logged(browser)  # it logs that the page is a 404
