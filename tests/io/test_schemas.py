#!/usr/bin/python3
"""Hold every shipped scenario and machine, and one written result, against the JSON Schemas.

Usage: test_schemas.py SOURCE_DIR RESULT.json
The schemas are for editors and other programs; the loader does not use them. So also check that
they are neither laxer nor stricter than it where both can tell.
"""
import copy
import json
import pathlib
import sys
import unittest

import jsonschema

SOURCE = pathlib.Path(sys.argv[1])
RESULT = pathlib.Path(sys.argv[2])

# Refused by the loader for reasons that only relations between values show, or because of bytes
# that are no JSON: a schema cannot see those.
FORM_ONLY = ["unknown-key", "unknown-key-far-off", "unknown-key-nested", "unknown-key-escaped",
             "nothing-in-it", "not-an-object", "other-schema", "result-as-scenario",
             "zero-count", "negative-count", "zero-vcpus", "too-many-vcpus", "never-ends",
             "two-ends", "no-streams", "no-tables", "table-twice", "count-by-of-a-lookup", "vps-none",
             "vp-index-unknown", "vm-by-host", "memslots-none", "memslot-update-by-guest", "create-failing-by-host",
             "unknown-operation", "unknown-host-choice", "unknown-distribution",
             "distribution-parameters", "empirical-values", "open-without-gap",
             "think-time-when-open", "wait-of-a-lookup", "to-of-a-broadcast", "to-of-a-lookup", "unknown-target", "unfit-name", "machine-wrong-type",
             "two-kinds-of-issuers", "stream-not-an-object", "limit-too-long", "many-errors",
             "halt-poll", "guest-lock", "modules-none", "operation-by-guest-without-vm",
             "vm-missing"]


# A run that was cut short does not tell these.
MAY_LACK = {"line_wait_ns", "hot_lines", "hot_objects", "open_streams"}


def read(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def validator(kind):
    return jsonschema.Draft202012Validator(read(SOURCE / f"scenarios/schema/{kind}.schema.json"))


class Schemas(unittest.TestCase):
    def assert_valid(self, kind, value, name):
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                  for e in validator(kind).iter_errors(value)]
        self.assertEqual(errors, [], name)

    def test_schemas_are_schemas(self):
        for kind in "machine", "scenario", "result":
            schema = read(SOURCE / f"scenarios/schema/{kind}.schema.json")
            jsonschema.Draft202012Validator.check_schema(schema)
            self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")

    def test_shipped_machines(self):
        files = sorted((SOURCE / "models/machines").glob("*.json"))
        self.assertGreaterEqual(len(files), 5)
        for path in files:
            self.assert_valid("machine", read(path), path.name)

    def test_shipped_scenarios(self):
        files = [path for place in ("scenarios", "scenarios/claims", "scenarios/validation", "examples")
                 for path in sorted((SOURCE / place).glob("*.json"))]
        kinds = [(read(path)["schema"].split("/")[0].removeprefix("vcpusim-"), path) for path in files]
        self.assertEqual({kind for kind, _ in kinds}, {"scenario", "machine"})
        for kind, path in kinds:
            self.assert_valid(kind, read(path), path.name)

    def test_written_result(self):
        result = read(RESULT)
        self.assert_valid("result", result, RESULT.name)
        # with all defaults filled in it is still a scenario
        self.assert_valid("scenario", result["scenario"], "resolved scenario")

    def test_every_member_of_a_result_is_asked_for(self):
        result = read(RESULT)
        check = validator("result")
        for place in ([], ["provenance"], ["provenance", "machine"], ["runs", 0],
                      ["runs", 0, "ops", "hotplug"], ["runs", 0, "memory_bytes"], ["runs", 0, "vcpu_steal_ns"],
                      ["runs", 0, "line_wait_ns"], ["runs", 0, "hot_lines", 0],
                      ["runs", 0, "hot_lines", 0, "readers", 0], ["runs", 0, "hot_objects", 0],
                      ["summary", 0], ["comparisons", 0]):
            whole = result
            for key in place:
                whole = whole[key]
            for key in set(whole) - MAY_LACK:
                damaged = copy.deepcopy(result)
                part = damaged
                for step in place:
                    part = part[step]
                del part[key]
                with self.subTest(place=place, key=key):
                    self.assertFalse(check.is_valid(damaged))

    def test_every_number_of_a_machine_is_asked_for(self):
        toy = read(SOURCE / "models/machines/toy-4.json")
        check = validator("machine")
        for key in toy:
            without = {k: v for k, v in toy.items() if k != key}
            with self.subTest(key=key):
                self.assertFalse(check.is_valid(without))
        for key, entry in toy.items():
            if isinstance(entry, dict) and "value" in entry:
                with self.subTest(origin=key):
                    self.assertFalse(check.is_valid({**toy, key: {"value": entry["value"]}}))

    def test_refuses_what_the_loader_refuses(self):
        check = validator("scenario")
        for case in FORM_ONLY:
            with self.subTest(case=case):
                path = SOURCE / "scenarios/invalid" / case / "input.json"
                self.assertFalse(check.is_valid(read(path)))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
