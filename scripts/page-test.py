#!/usr/bin/env python3
"""Loads a page in headless Chromium and waits until it shows some words.

usage: page-test.py URL WORD... [--screenshot FILE]
Fails where a word does not show within 20 seconds, or where the console had an error or a warning.
Speaks the DevTools protocol over a pair of pipes, so that nothing but Chromium is needed.
"""
import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time


class Browser:
    def __init__(self, profile):
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def place_pipes():  # Chromium reads descriptor 3 and writes descriptor 4.
            reading, writing = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=place_pipes, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.pending = b""
        self.number = 0
        self.session = None
        self.complaints = []

    def message(self):
        while b"\0" not in self.pending:
            chunk = os.read(self.input, 1 << 16)
            if not chunk:
                sys.exit("the browser ended")
            self.pending += chunk
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.output, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']['message']}")
                return message["result"]
            self.note(message.get("method"), message.get("params", {}))

    def note(self, event, parameters):
        if event == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            words = [str(a.get("value", a.get("description"))) for a in parameters["args"]]
            self.complaints.append(f"console: {' '.join(words)}")
        elif event == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(f"exception: {details.get('exception', {}).get('description', details['text'])}")
        elif event == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            entry = parameters["entry"]
            self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("words", nargs="+")
    parser.add_argument("--screenshot")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            target = browser.call("Target.createTarget", url="about:blank")["targetId"]
            browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                browser.call(f"{domain}.enable")
            browser.call("Page.navigate", url=options.url)
            missing = options.words
            end = time.monotonic() + 20
            while missing and time.monotonic() < end:
                time.sleep(0.2)
                text = browser.call("Runtime.evaluate", expression="document.body?.innerText ?? ''")["result"]["value"]
                missing = [word for word in options.words if word not in text]
            time.sleep(1.5)  # What the page does by itself, live data among it.
            browser.call("Runtime.evaluate", expression="1")
            if options.screenshot:
                image = browser.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
                with open(options.screenshot, "wb") as file:
                    file.write(base64.b64decode(image))
        finally:
            browser.process.kill()
            browser.process.wait()
    for complaint in browser.complaints:
        print(complaint)
    for word in missing:
        print(f"the page does not show {word}")
    sys.exit(bool(browser.complaints or missing))


main()
