"""What everything costs, as ratios from one run: `python -m tests.bench`, which is `make bench`.

    python -m tests.bench                 # about a minute, printed
    python -m tests.bench --full          # up to a million of everything; writes docs/bench.md and its pictures
    python -m tests.bench --only reading  # one part: reading crawling keeping index replaying exporting

Machines are shared and noisy: processor time is measured where one process does the work, and only ratios of the same
run, and the exponents of the growth curves, mean anything on another machine. No test asserts them.
"""
