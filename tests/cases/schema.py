# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes lines of -j and the schema that exittrace tells, says where they disagree; the validator is not ours."""
import copy
import functools
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:  # a python that is not the system's, which has the package
    sys.path.append("/usr/lib/python3/dist-packages")
    import jsonschema

# Of each stream: so many lines from its begin, and the last ones; those with the same keys are one kind.
LOOKED_AT, LAST = 3000, 100


def told(binary):
    result = subprocess.run([binary, "--json-schema"], stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


def strict(schema):
    """For tests: what a reader ignores, a key or a type that is not in the schema, is wrong."""
    def close(part):
        if isinstance(part, dict):
            if "properties" in part and "if" not in part:
                part["additionalProperties"] = False
            for key, value in part.items():
                if key != "if":
                    close(value)
        elif isinstance(part, list):
            for value in part:
                close(value)
    schema = copy.deepcopy(schema)
    close(schema["$defs"])
    types = [choice["if"]["properties"]["type"]["const"] for choice in schema["allOf"]]
    schema["properties"]["type"] = {"enum": types}
    return schema


def validator(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@functools.lru_cache(maxsize=None)
def strict_validator(binary):
    return validator(strict(told(binary)))


def innermost(error):
    while error.context:
        error = error.context[0]
    return error


def problem(judge, record):
    """None, or the first thing that is wrong with it."""
    for error in judge.iter_errors(record):
        where = ".".join(map(str, error.absolute_path))
        return f"{record.get('type')} {where or '(line)'}: {innermost(error).message[:200]}"
    return None


def kind(value):
    """The same for lines that differ in numbers and names only."""
    if isinstance(value, dict):
        return value.get("type"), value.get("class"), value.get("signal_name"), tuple((key, kind(member)) for key, member in value.items())
    if isinstance(value, list):
        return tuple(sorted({kind(item) for item in value}, key=repr))
    return type(value).__name__


def problems(binary, records):
    kinds = {kind(record): record for record in records[:LOOKED_AT] + records[LOOKED_AT:][-LAST:]}
    for record in kinds.values():
        wrong = problem(strict_validator(binary), record)
        if wrong:
            yield f"against the schema: {wrong}"
