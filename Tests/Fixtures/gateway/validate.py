"""Judges YAML files by a JSON Schema: validate.py SCHEMA FILE...  A line of verdict for each file."""

import json
import sys

import jsonschema
import yaml

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for name in sys.argv[2:]:
    error = jsonschema.exceptions.best_match(validator.iter_errors(yaml.safe_load(open(name))))
    if error is None:
        print("right")
    else:
        print("wrong", "/".join(map(str, error.absolute_path)), error.message.replace("\n", " ")[:200])
