"""A browser without a window, and what the checks ask it."""

import contextlib
import pathlib
import re
import time

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

# What is reported of each violation, so that its cause is found without running it again.
AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then(
  (result) => done(result.violations.map((violation) => violation.id + ": " + violation.help + "\\n    " +
    violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " " + node.failureSummary).join("\\n    "))),
  (error) => done(["axe could not run: " + error]));
"""


class Browser:
    def __init__(self, profile, axe):
        self.axe_source = pathlib.Path(axe).read_text()
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--lang=en",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.driver.set_script_timeout(60)

    def quit(self):
        self.driver.quit()

    def look(self, width=1360, height=900, scheme="light"):
        """A window of that size, on a system with that colour scheme."""
        command = self.driver.execute_cdp_cmd
        command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        command("Emulation.setEmulatedMedia", {"features": features})

    @contextlib.contextmanager
    def in_the_background(self):
        """The page stays as it is, and nobody sees it."""
        self.driver.minimize_window()
        self.until("the page is hidden", lambda: self.js("return document.hidden"), 5)
        try:
            yield
        finally:
            self.driver.set_window_rect(0, 0, 1360, 900)
        self.until("the page is seen", lambda: not self.js("return document.hidden"), 5)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        self.find(selector).click()

    def text(self, selector):
        """The text that is seen there; nothing when there is no such element."""
        seen = "const e = document.querySelector(arguments[0]); return e?.checkVisibility() ? e.innerText : ''"
        return self.js(seen, selector)

    def count(self, selector):
        return self.js("return document.querySelectorAll(arguments[0]).length", selector)

    def until(self, what, condition, seconds=10):
        """Waits for a condition, and gives what it gave and how long that took."""
        begun = time.monotonic()
        while True:
            value = condition()
            elapsed = time.monotonic() - begun
            if value:
                return value, elapsed
            if elapsed > seconds:
                raise AssertionError(f"not within {seconds} s: {what}")
            time.sleep(0.02)

    def shows(self, selector, text, seconds=10):
        """How long it takes until the text is seen there."""
        try:
            return self.until(f"{selector} shows {text!r}", lambda: text in self.text(selector), seconds)[1]
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows {self.text(selector)[:400]!r}") from None

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, selector, most=80):
        """Goes on by the Tab key alone until the element has the focus, which must be seen."""
        for _ in range(most):
            if self.has_focus(selector):
                # Of a row of the tree its line is marked, not all that is below it.
                outlined = "[document.activeElement, document.activeElement.firstElementChild].filter((element) => element)"
                styles = self.js(f"return {outlined}.map((element) => getComputedStyle(element).outlineStyle)")
                assert set(styles) != {"none"}, f"{selector} has the focus, and nothing shows it"
                return
            self.press(Keys.TAB)
        raise AssertionError(f"{selector} cannot be reached with {most} presses of Tab")

    def has_focus(self, selector):
        return self.js("return document.activeElement?.matches(arguments[0]) ?? false", selector)

    def axe(self, where):
        if not self.js("return typeof axe !== 'undefined'"):
            # Through the debugger, since the page's own policy would not let it in.
            self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": self.axe_source})
        violations = self.driver.execute_async_script(AXE)
        assert not violations, f"axe finds in {where}:\n  " + "\n  ".join(violations)

    def quiet(self, *expected):
        """Nothing but what is expected has been said in the console since this was asked the last time."""
        entries = [entry["message"] for entry in self.driver.get_log("browser")]
        unexpected = [entry for entry in entries if not any(re.search(pattern, entry) for pattern in expected)]
        assert not unexpected, "in the console: " + "\n  ".join(unexpected[:10])

    def screenshot(self, path):
        self.driver.save_screenshot(str(path))
