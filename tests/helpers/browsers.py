"""A headless Chromium that opens galleries, or a word on how to get one."""

import os
import shutil
import time

import pytest

#: Seconds after which a test gives up: far more than anything takes on a busy machine.
PATIENCE = 120

_ADVICE = (
    "pip install 'cscore_data[browser]', and a Chromium with its driver: on Debian, "
    "apt-get install chromium chromium-driver"
)


def open_browser(downloads):
    """A browser without a window that downloads to a folder; skips the test if there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason=f"no selenium; {_ADVICE}")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip(f"no Chromium or no chromedriver; {_ADVICE}")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(driver, log_output=os.devnull)
    return webdriver.Chrome(options=options, service=service)


class Page:
    """A gallery in a browser.

    Parameters
    ----------
    driver : selenium.webdriver.Chrome
    """

    def __init__(self, driver):
        self.driver = driver

    def open(self, gallery, *, width=1280, height=860, scheme="light"):
        """Open the gallery in a folder, and wait until it is complete."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        self.driver.get((gallery / "index.html").as_uri())
        self.wait("'ready' in document.body.dataset || !byId('notice').hidden")
        assert self.run("return byId('notice').textContent") == ""

    def run(self, code, *arguments):
        """The result of JavaScript."""
        return self.driver.execute_script(code, *arguments)

    def wait(self, condition):
        """Wait until JavaScript is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"the page never came to {condition}"
            time.sleep(0.01)

    def click(self, selector):
        """Click on the first element that a selector finds."""
        self.driver.find_element("css selector", selector).click()

    def type(self, *keys):
        """Press keys where the focus is; names of keys are those of `selenium`'s `Keys`."""
        from selenium.webdriver.common.keys import Keys

        for key in keys:
            self.driver.switch_to.active_element.send_keys(getattr(Keys, key, key))

    def choose(self, selector, text):
        """Choose an option by its text."""
        from selenium.webdriver.support.select import Select

        Select(self.driver.find_element("css selector", selector)).select_by_visible_text(text)

    def texts(self, selector):
        """The texts of all elements that a selector finds."""
        code = "return Array.from(document.querySelectorAll(arguments[0]), (e) => e.textContent)"
        return self.run(code, selector)

    def strip(self, index):
        """The labels of the tiles of a strip that are in sight, for screen readers."""
        code = """
            const strip = document.querySelectorAll(".strip")[arguments[0]];
            return Array.from(strip.querySelectorAll(".tile:not([hidden])"))
                .sort((a, b) => a.dataset.index - b.dataset.index)
                .map((tile) => tile.getAttribute("aria-label"))"""
        return self.run(code, index)

    def complaints(self):
        """What the browser has written to its console since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]
