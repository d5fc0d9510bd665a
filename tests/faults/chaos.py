"""Imports by the dozen, with all mishaps on and everything killed: `make chaos`.

Cases run some at a time, as they do in life. While they run, workers, web server and messages
die at drawn moments and at named step boundaries; then the CRM, the ledgers and the reports are
held against each other.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.cases import Case, case
from tests.faults.dying import BOUNDARIES, DIE_AT
from tests.faults.verdict import Records, disagreements
from tests.journey.installation import Installation, installation
from tests.journey.stacks import RABBITMQ, REDIS, SQLITE, lose_messages, stack
from tests.practice.caller import Caller
from tests.practice_server import ROOT

AT_A_TIME = 5  # cases
ENDS_WITHIN_S = 120  # of a round, after the last kill
KILLS = 5  # in a round, beside those at boundaries
LATER_KILLS = 3
CREDITS = 30_000  # for a round
LONGEST_LIFE_S = 1.5
ENDED = {"done", "done_with_problems", "stopped", "failed"}
HASTE = {"LEASE_S": 2, "SWEEP_S": 1, "CRM_TIMEOUT_S": 3, "SETTLE_S": 3, "CRM_CALLBACKS": "true"}


@dataclass
class Inside:
    """Somebody within the installation, who does what is asked there."""

    process: subprocess.Popen[str]

    def __getattr__(self, deed: str) -> Callable[..., Any]:
        return lambda *arguments: self._ask([deed, *arguments])

    def _ask(self, order: list[Any]) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("=>"):
                return json.loads(line[2:])
        raise AssertionError(f"{order} ended whoever was inside")


@dataclass
class Chaos:
    """An installation that is treated badly."""

    installed: Installation
    inside: Inside
    crm: Caller
    messages: Callable[[], None]  # loses those that wait
    killed: list[str] = field(default_factory=list)

    def round(
        self, seeds: Sequence[int], harm: Callable[[], None] | None = None
    ) -> dict[int, list[str]]:
        """Run the cases of `seeds` side by side, and what people do with them once they have ended.

        Tells what is wrong with each. Meanwhile `harm` is done to the installation, or else it
        dies piece by piece.
        """
        draw = random.Random(f"round {seeds}")
        cases = [case(seed) for seed in seeds]
        self._refill()
        for it in cases:
            self._plant(it)
        before = {it.seed: self._records(it) for it in cases}
        keys = {it.seed: self.inside.begin(it.seed) for it in cases}
        self._die_at(draw.sample(BOUNDARIES, 3))
        self._suffer([mishap for it in cases for mishap in it.mishaps])
        self.inside.confirm({key: seed for seed, key in keys.items()})
        if harm:
            harm()
        else:
            self._kill_while_open(draw, cases, keys)
        self._let_end(cases, keys)
        found = self._judge(cases, keys, before)
        later = [it for it in cases if it.afterwards and not found[it.seed]]
        if not later:
            return found
        self._die_at(draw.sample(BOUNDARIES, 3))
        self._suffer([mishap for it in later for mishap in it.later_mishaps])
        self._go_on_afterwards(draw, later, keys)
        self._let_end(later, keys)
        return found | self._judge(later, keys, before)

    def _judge(
        self, cases: Sequence[Case], keys: dict[int, str], before: dict[int, Records]
    ) -> dict[int, list[str]]:
        return {
            it.seed: disagreements(
                it, self.inside.ledger(keys[it.seed]), before[it.seed], self._records(it)
            )
            for it in cases
        }

    def restart_everything(self) -> None:
        """As when the machine loses its power: all processes at once, and what is in the queue."""
        time.sleep(1)
        for name in ("worker", "web"):
            self.installed.kill(name)
            self.killed.append(name)
        self.messages()
        self._revive()

    def _kill_while_open(
        self, draw: random.Random, cases: Sequence[Case], keys: dict[int, str]
    ) -> None:
        for _ in range(KILLS):
            self._kill(draw)
            self._act(draw, cases, keys)

    def _kill(self, draw: random.Random) -> None:
        time.sleep(draw.uniform(0, LONGEST_LIFE_S))
        victim = draw.choice(["worker", "worker", "web", "messages"])
        self.killed.append(victim)
        if victim == "messages":
            self.messages()
        else:
            self.installed.kill(victim)
        self._revive()

    def _go_on_afterwards(
        self, draw: random.Random, cases: Sequence[Case], keys: dict[int, str]
    ) -> None:
        """Undo and retry: asked for, looked at and confirmed; asked for again where that failed."""
        left = {keys[it.seed]: it.seed for it in cases}
        deadline, kills = time.monotonic() + ENDS_WITHIN_S, LATER_KILLS
        while left or kills:
            for key, (_, work) in self.inside.states([*left]).items():
                if not work and self.inside.afterwards(key, left[key]):
                    del left[key]
            if kills:
                kills -= 1
                self._kill(draw)
            assert time.monotonic() < deadline, f"still to be confirmed: {[*left.values()]}"
            self._revive()
            time.sleep(0.3)

    def _let_end(self, cases: Sequence[Case], keys: dict[int, str]) -> None:
        """No more kills by us; boundaries still bring death until they are used up."""
        deadline = time.monotonic() + ENDS_WITHIN_S
        while True:
            states = self.inside.states(list(keys.values()))
            if all(state in ENDED and not work for state, work in states.values()):
                break
            for key, (state, _) in states.items():
                if state == "paused":
                    self.inside.act(key, "go_on")
            assert time.monotonic() < deadline, f"still {states} of {[str(it) for it in cases]}"
            self._revive()
            time.sleep(0.3)
        self.crm.http.delete("/control/faults")

    def _act(self, draw: random.Random, cases: Sequence[Case], keys: dict[int, str]) -> None:
        for it in cases:
            if it.act in ("pause", "stop") and draw.random() < 0.4:
                self.inside.act(keys[it.seed], it.act)

    def _revive(self) -> None:
        for name, start in (
            ("worker", self.installed.start_worker),
            ("web", self.installed.start_web),
        ):
            process = self.installed.running.get(name)
            if process is None or process.poll() is not None:
                if process:
                    self.installed.kill(name)
                    self.killed.append("worker at a boundary")
                start()

    def _refill(self) -> None:
        """A night of cases spends more credits than a day has."""
        remaining = {"remaining": CREDITS}
        self.crm.http.post("/control/credits", json=remaining).raise_for_status()

    def _suffer(self, mishaps: Sequence[dict[str, Any]]) -> None:
        self.crm.http.post("/control/faults", json={"faults": [*mishaps]}).raise_for_status()

    def _die_at(self, boundaries: Sequence[str]) -> None:
        (self.installed.data_dir / DIE_AT).write_text("\n".join(boundaries))

    def _plant(self, it: Case) -> None:
        """The records that are there before."""
        there = [row for row in it.rows if row.was_there]
        if there:
            data = [{"Email": r.email, "Last_Name": "Person", "Company": "Old"} for r in there]
            self.crm.http.post("/crm/v7/Leads", json={"data": data}).raise_for_status()

    def _records(self, it: Case) -> Records:
        found: Records = {}
        addresses = [row.email for row in it.rows]
        for start in range(0, len(addresses), 50):
            asked = ", ".join(f"'{address}'" for address in addresses[start : start + 50])
            query = f"select Email, Company from Leads where Email in ({asked})"
            for record in self.crm.find(query):
                found.setdefault(record["Email"], []).append(record)
        return found


@contextmanager
def chaos(name: str, data_dir: Path) -> Iterator[Chaos]:
    """An installation on the stack `name`, to be treated badly."""
    (data_dir / DIE_AT).touch()
    with (
        stack(name) as servers,
        installation(data_dir, servers, worker="tests.faults.dying", **HASTE) as installed,
    ):
        command = [sys.executable, "-m", "tests.with_django", "tests.faults.inside"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        log = (data_dir / "inside.log").open("w")
        process = subprocess.Popen(
            command, cwd=ROOT, env=installed.environment, stderr=log, **pipes
        )
        try:
            crm = Caller(installed.crm)
            yield Chaos(installed, Inside(process), crm, lambda: lose_messages(installed, servers))
        finally:
            process.kill()
            process.wait()
            log.close()


def rounds(seeds: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(seeds), AT_A_TIME):
        yield seeds[start : start + AT_A_TIME]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--stack", choices=[SQLITE, REDIS, RABBITMQ], action="append")
    options = parser.parse_args()
    stacks = options.stack or [SQLITE, REDIS, RABBITMQ]
    seeds = list(range(options.seed, options.seed + options.cases))
    share = -(-len(seeds) // len(stacks))
    wrong = 0
    for place, name in enumerate(stacks):
        with tempfile.TemporaryDirectory() as folder, chaos(name, Path(folder)) as it:
            for some in rounds(seeds[place * share : (place + 1) * share]):
                for seed, found in it.round(some).items():
                    wrong += bool(found)
                    print(f"{name}: {case(seed)}: {'; '.join(found) or 'agrees'}", flush=True)
            print(f"{name}: {len(it.killed)} deaths", flush=True)
    print(f"{len(seeds)} cases, seeds {seeds[0]} to {seeds[-1]}: {wrong} disagree.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
