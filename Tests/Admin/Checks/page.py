"""Looks at the live page of a program in a real browser: page.py --axe FILE [--write FOLDER] COMMAND…

The program prints its address, takes PORT and SUPERVISION_TOKEN, or SOCKET, from the environment, and does on a line of
standard input what the line says: fail, heal, burst N (that many events), quit.
"""

import argparse
import pathlib
import sys
import tempfile
import time

from browser import Browser, Keys
from program import TOKEN, Program

CARD = 'li[data-service="user-api"]'
RESET = f'{CARD} button[data-action="reset"]'
SESSIONS = "app/sessions"
POLLER = "app/ingest/poller"
# A child, a type and an error of the program are named so. It must be seen, letter by letter.
MARKUP = "<img src=x onerror=alert(1)>"
# What reaches over the right edge of a window that is so wide; a phone makes the window wider instead of clipping that.
WIDE = """
return [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility() && !element.closest(".scroll, .hint"))
  .filter((element) => element.getBoundingClientRect().right > arguments[0])
  .map((element) => element.outerHTML.slice(0, 100))
"""
# Said by the browser itself for each answer that is no success, and when nobody answers.
STATUS = r"Failed to load resource: the server responded with a status of (401|404|409)"
GONE = r"net::ERR_(CONNECTION_\w+|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)"
# The endpoint answers while what comes after it in the tree has yet to start: that is not ready, and not found.
STARTING = r"/(readyz - .* status of 503|tree\?\S+ - .* status of 404) "


def asks_for_the_token(browser, program):
    browser.look()
    browser.driver.get(program.url)
    browser.shows("#sign-in", "token is needed")
    assert not browser.text("#board"), "without a token something is shown"
    browser.axe("the question for the token")
    browser.find("#token").send_keys("wrong", Keys.ENTER)
    browser.shows("#sign-in-problem", "does not take this token")
    browser.find("#token").send_keys(TOKEN, Keys.ENTER)
    browser.shows("#connection", "connected")
    browser.quiet(STATUS)


def loads(browser, program):
    browser.shows("#ready", "ready")
    browser.shows("#health", "healthy")
    browser.shows(CARD, "closed")
    browser.shows("#tree", "sessions")
    browser.shows("#tree", "10,000 children")
    # Nothing happens to this one that an event would tell of.
    points = "return document.querySelector('[data-service=billing] .calls').getAttribute('points') ?? ''"
    browser.until("the chart goes on by itself", lambda: len(browser.js(points).split()) >= 2, 5)
    levels = [heading for heading in browser.js("return [...document.querySelectorAll('h1,h2,h3')].filter((h) => h.offsetParent).map((h) => +h.tagName[1])")]
    assert levels[0] == 1 and levels.count(1) == 1, f"levels of headings: {levels}"
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:])), f"levels of headings: {levels}"
    browser.quiet()


def shows_markup_as_text(browser, program):
    browser.shows("#tree", MARKUP)
    browser.shows("#events", MARKUP)
    assert browser.count("img, #events b, #tree b, iframe, [onerror]") == 0, "markup of the program became elements"
    browser.quiet()


def finds_the_crash_loop(browser, program):
    browser.shows("#attention-list", POLLER)
    browser.shows("#attention-list", "in the last minute")


def shows_an_opening_circuit(browser, program):
    browser.js("window.isTheSamePage = true")
    program.tell("fail")
    browser.until("the circuit opens", lambda: program.state("user-api") == "open", 5)
    elapsed = browser.shows(CARD, "open", 2)
    browser.shows("#attention-list", "user-api", 1)
    browser.shows("#health", "unhealthy", 1)
    browser.shows(CARD, "tries again in", 1)
    browser.shows("#events", "user-api", 2)
    first = browser.text(f"{CARD} .note")
    browser.until("the time to retry counts down", lambda: browser.text(f"{CARD} .note") != first, 3)
    browser.until("the chart is drawn", lambda: "," in (browser.find(f"{CARD} .calls").get_attribute("points") or ""), 5)
    assert browser.js("return window.isTheSamePage"), "the page was loaded again"
    browser.quiet()
    return f"seen {elapsed * 1000:.0f} ms after the program said so"


def resets_by_keyboard(browser, program):
    program.tell("heal")
    browser.js("document.activeElement.blur(); scrollTo(0, 0)")
    browser.tab_to(RESET)
    browser.press(Keys.ENTER)
    browser.shows("#question-title", "Reset the circuit user-api?")
    browser.shows("#question-request", "POST /circuits/user-api/reset")
    assert browser.has_focus("#question-cancel"), "the question does not begin at Cancel"
    browser.axe("a question")
    assert program.state("user-api") == "open", "the circuit was reset before the question was answered"
    browser.press(Keys.ESCAPE)
    browser.until("the question is gone", lambda: not browser.js("return document.getElementById('question').open"))
    assert browser.has_focus(RESET), "the focus is not where it was before the question"
    assert program.state("user-api") == "open", "the circuit was reset although the question was cancelled"
    browser.press(Keys.ENTER)
    browser.tab_to("#question-confirm", 5)
    browser.press(Keys.ENTER)
    browser.shows("#answer", "user-api is closed", 3)
    elapsed = browser.shows(CARD, "closed", 3)
    browser.until("the program agrees", lambda: program.state("user-api") == "closed", 2)
    browser.shows("#events", "reset", 3)
    browser.quiet()
    return f"seen after {elapsed * 1000:.0f} ms"


def changes_a_circuit(browser, program):
    wanted = [
        ("open", "forcedOpen", "forced open"), ("enable", "closed", "closed"), ("disable", "disabled", "disabled"),
        ("measure", "metricsOnly", "measured only"), ("reset", "closed", "closed"),
    ]
    for action, state, word in wanted:
        browser.click(f'li[data-service="billing"] [data-action="{action}"]')
        browser.shows("#question-request", f"POST /circuits/billing/{action}")
        browser.click("#question-confirm")
        browser.until(f"billing is {state}", lambda: program.state("billing") == state, 3)
        browser.shows('li[data-service="billing"] .pill', word, 3)
    browser.quiet()


def unfolds_ten_thousand(browser, program):
    browser.js("document.activeElement.blur()")
    browser.tab_to('#tree [role="treeitem"]')
    row = "return document.activeElement.querySelector('.id')?.textContent ?? document.activeElement.innerText"
    for _ in range(20):
        if browser.js(row) == "sessions":
            break
        browser.press(Keys.ARROW_DOWN)
    assert browser.js(row) == "sessions", "the arrow keys do not lead to sessions"
    browser.press(Keys.ARROW_RIGHT)
    _, elapsed = browser.until("the first children are drawn", lambda: browser.count("#tree .id") >= 200, 5)
    browser.shows("#tree", "Show 200 more of 10,000 children")
    for _ in range(4):
        before = browser.js("return [...document.querySelectorAll('#tree .id')].at(-1).textContent")
        browser.press(Keys.END)
        # The last row may be of a later child of the root: the one that goes on is found by its words.
        browser.js("[...document.querySelectorAll('#tree .step')].at(-1).focus()")
        rows = browser.js("return [document.querySelectorAll('#tree .id').length, document.querySelector('#tree').innerText.length]")
        browser.press(Keys.ENTER)
        browser.until(
            "more children are drawn",
            lambda: browser.js("return [document.querySelectorAll('#tree .id').length, document.querySelector('#tree').innerText.length]") != rows,
            5,
        )
    rows, elements = browser.count("#tree .id"), browser.count("*")
    assert rows < 650 and elements < 12_000, f"{rows} rows and {elements} elements are drawn"
    browser.shows("#tree", "Show the earlier ones")
    assert browser.count('#tree [role="treeitem"][tabindex="0"]') == 1, "not one row can be reached by Tab"
    browser.press(Keys.HOME, Keys.ARROW_LEFT)
    browser.until("the root is folded", lambda: browser.count("#tree .id") == 1)
    browser.press(Keys.ARROW_RIGHT)
    browser.shows("#tree", "sessions")
    browser.quiet()
    return f"the first 200 after {elapsed * 1000:.0f} ms; at most {rows} rows, {elements} elements"


def shows_a_server(browser, program):
    browser.find("#tree-path").send_keys("app/sesions", Keys.ENTER)
    browser.shows("#server-problem", "app/sesions")
    browser.find("#tree-path").clear()
    browser.find("#tree-path").send_keys("app/settings", Keys.ENTER)
    browser.shows("#server-facts", "running")
    browser.click('#server-actions [data-action="observe"]')
    browser.shows("#question-request", '"message":"observe"')
    browser.click("#question-confirm")
    browser.shows("#server-observed", "Received", 5)
    assert browser.has_focus('[data-action="stopObserving"]'), "the focus was lost with the button that had it"
    browser.click('#server-actions [data-action="stopObserving"]')
    browser.click("#question-confirm")
    browser.until("it is not observed", lambda: not browser.text("#server-observed"))
    browser.click('#server-actions [data-action="suspend"]')
    browser.click("#question-confirm")
    browser.shows("#server-facts", "suspended", 5)
    browser.click('#server-actions [data-action="resume"]')
    browser.click("#question-confirm")
    browser.until("it goes on", lambda: "suspended" not in browser.text("#server-facts"), 5)
    browser.quiet(STATUS)


def is_accessible(browser, program, folder=None):
    """In light, dark, and as wide as a phone, with everything open that can be."""
    if folder:
        # So that the charts of the pictures have something to show.
        time.sleep(30)
    program.tell("fail")
    browser.js("[...document.querySelectorAll('#tree .id')].find((id) => id.textContent === 'ingest').click()")
    browser.shows("#tree", "archive")
    browser.find("#tree-path").clear()
    browser.find("#tree-path").send_keys("app/settings", Keys.ENTER)
    browser.shows("#server-facts", "running")
    browser.shows(CARD, "open", 10)
    browser.shows("#attention-list", "user-api", 10)
    browser.shows("#attention-list", POLLER, 10)
    looks = {
        "light": {}, "dark": {"scheme": "dark"}, "phone": {"width": 360, "height": 1400},
        "phone-dark": {"width": 360, "height": 1400, "scheme": "dark"},
    }
    for name, options in looks.items():
        browser.look(**options)
        if name == "phone":
            browser.axe("phone, with a server")
            browser.click("#server-close")
        browser.js("document.querySelector('#answer').replaceChildren(); scrollTo(0, 0); document.activeElement.blur()")
        wide = browser.js(WIDE, options.get("width", 1360))
        assert not wide, f"{name}: must be scrolled sideways, for {wide[:3]}"
        browser.axe(name)
        if folder and name != "phone-dark":
            browser.screenshot(folder / f"admin-{name}.png")
    browser.look()
    browser.quiet()


def stops_the_crash_loop(browser, program):
    browser.js("[...document.querySelectorAll('#attention-list button')].find((b) => b.innerText.includes(arguments[0])).click()", POLLER)
    browser.shows("#server-title", POLLER)
    browser.shows("#server-facts", "Restarts")
    browser.click('#server-actions [data-action="terminate"]')
    browser.shows("#question-title", f"Terminate {POLLER}?")
    browser.click("#question-confirm")
    browser.shows("#answer", f"{POLLER} was terminated", 5)
    browser.shows("#server-facts", "stopped", 5)
    browser.click("#server-close")
    browser.quiet()


def tells_what_was_refused(browser, program):
    browser.find("#tree-path").clear()
    browser.find("#tree-path").send_keys("app", Keys.ENTER)
    browser.shows("#server-facts", "supervisor")
    browser.click('#server-actions [data-action="restart"]')
    browser.click("#question-confirm")
    browser.shows("#answer", "Not done:", 5)
    browser.click("#server-close")
    browser.quiet(STATUS)


def tells_of_lost_events(browser, program):
    assert browser.count("#events .lost") == 0, "events are lost before any was"
    with browser.in_the_background():
        program.tell("burst 3000")
        time.sleep(0.5)
    browser.shows("#connection", "connected", 15)
    browser.shows("#events-count", " lost", 10)
    rows = browser.count("#events li")
    assert rows <= 500, f"{rows} events are drawn"
    program.tell("burst 7")
    browser.find("#events-filter").send_keys("BURST 5 of 7")
    browser.until("the filter leaves one event", lambda: browser.count("#events li:not(.lost)") == 1)
    browser.shows("#events .lost", "lost here")
    browser.find("#events-filter").clear()
    browser.find("#events-filter").send_keys(Keys.SPACE, Keys.BACKSPACE)
    browser.click("#events-pause")
    program.tell("burst 9")
    browser.shows("#events-count", "paused")
    browser.until("what comes meanwhile is counted", lambda: int(browser.text("#events-count").split()[1]) >= 9)
    assert "burst 5 of 9" not in browser.text("#events"), "paused, it still moves"
    browser.click("#events-pause")
    browser.shows("#events", "burst 5 of 9")
    browser.quiet()


def survives_a_restart(browser, program):
    program.stop()
    browser.shows("#connection", "reconnecting", 10)
    browser.shows("#stale", "has not answered since")
    time.sleep(1)
    program.start()
    elapsed = browser.shows("#connection", "connected", 15)
    browser.until("the warning is gone", lambda: not browser.text("#stale"))
    browser.shows("#events .lost", "the program was started again")
    program.tell("fail")
    browser.shows(CARD, "open", 10)
    assert browser.js("return window.isTheSamePage"), "the page was loaded again"
    browser.quiet(GONE, STARTING)
    return f"connected after {elapsed * 1000:.0f} ms"


def rests_in_the_background(browser, program):
    count = "return performance.getEntriesByType('resource').length"
    browser.js("performance.setResourceTimingBufferSize(100000)")
    with browser.in_the_background():
        time.sleep(0.5)
        before = browser.js(count)
        time.sleep(2.5)
        after = browser.js(count)
    assert after == before, f"hidden, it has asked {after - before} times"
    browser.shows("#connection", "connected")
    browser.until("it asks again", lambda: browser.js(count) > after, 5)
    browser.quiet()


def needs_no_token_on_a_socket(browser, program):
    """By a forwarded port, as ssh gives one."""
    with tempfile.TemporaryDirectory() as folder, program.on_socket(f"{folder}/admin.sock") as other:
        browser.driver.get(other.url)
        browser.shows("#connection", "connected")
        assert not browser.text("#sign-in"), "on a socket a token is asked for"
        browser.shows('li[data-service="billing"]', "closed")
        browser.click('li[data-service="billing"] [data-action="open"]')
        browser.click("#question-confirm")
        browser.shows('li[data-service="billing"] .pill', "forced open", 3)
        browser.quiet()
        browser.driver.get("about:blank")
        browser.quiet(GONE)


CHECKS = [
    asks_for_the_token, loads, shows_markup_as_text, finds_the_crash_loop, shows_an_opening_circuit, resets_by_keyboard,
    changes_a_circuit, unfolds_ten_thousand, shows_a_server, is_accessible, stops_the_crash_loop, tells_what_was_refused,
    tells_of_lost_events, survives_a_restart, rests_in_the_background, needs_no_token_on_a_socket,
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--axe", required=True)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--failure", type=pathlib.Path, help="where a picture of the page goes when a check fails")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, tempfile.TemporaryFile("w+") as log:
        program = Program(arguments.command, log)
        browser = None
        try:
            program.start()
            browser = Browser(profile, arguments.axe)
            for check in CHECKS:
                at = time.monotonic()
                more = {"folder": arguments.write} if check is is_accessible else {}
                try:
                    told = check(browser, program, **more)
                except Exception as error:
                    if arguments.failure:
                        browser.screenshot(arguments.failure)
                    console = [entry["message"] for entry in browser.driver.get_log("browser")][-5:]
                    log.seek(0)
                    last = "".join(log.readlines()[-10:])
                    sys.exit(f"{check.__name__}: {error}\nin the console: {console}\nlast events:\n{last}")
                told = f" ({told})" if told else ""
                print(f"  {check.__name__.replace('_', ' ')}: {time.monotonic() - at:.1f} s{told}", flush=True)
        finally:
            if browser:
                browser.quit()
            program.stop()
    print(f"{len(CHECKS)} checks of the live page in {time.monotonic() - begun:.0f} s")


main()
