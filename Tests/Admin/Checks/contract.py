"""Has schemathesis make requests from the description that the program serves: contract.py SCHEMATHESIS PROGRAM

The events are left out, since they have no end; the tests of the endpoint read them. The program has circuits and
children of the names in the examples, so that what is asked for is there as a rule.
"""

import os
import subprocess
import sys

from program import TOKEN, Program

with open(os.devnull, "w") as log:
    program = Program(sys.argv[2:], log)
    try:
        program.start()
        run = subprocess.run(
            [
                sys.argv[1], "run", f"{program.url}/openapi.json", "--url", program.url, "--header", f"Authorization: Bearer {TOKEN}",
                "--exclude-path", "/events", "--max-examples", "50", "--seed", "1", "--request-timeout", "10", "--no-color",
            ],
            cwd=os.environ.get("TMPDIR", "/tmp"),
        )
        assert program.process.poll() is None, "the program has ended"
        assert program.ask("/livez") == {"status": "live"}
    finally:
        program.stop()
sys.exit(run.returncode)
