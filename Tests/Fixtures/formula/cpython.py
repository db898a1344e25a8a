"""CPython's answers for the tests of Formula: a line of JSON in, a line of JSON out.

In: {"src": ..., "vars": {...}}.  Out: {"plain": A, "model": A}, or {"refused": why} where the text is no expression or holds
what the language leaves out.  A is {"bits": "0x..."} or {"error": name of the exception}.
"plain" is what eval() says.  "model" walks the same tree with floats only, and holds the deliberate differences that
docs/formula.md lists; it computes with CPython's own operators and math module.
"""
import ast
import json
import math
import struct
import sys
import warnings

warnings.simplefilter("ignore")

ONE = ["sqrt", "log", "log10", "log2", "exp", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
       "degrees", "radians", "fabs"]
COUNTS = {name: (1, 1) for name in ONE}
COUNTS |= {"abs": (1, 1), "min": (1, 99), "max": (1, 99), "round": (1, 2), "pow": (2, 2), "int": (1, 1), "float": (1, 1),
           "bool": (1, 1), "floor": (1, 1), "ceil": (1, 1), "trunc": (1, 1), "fmod": (2, 2), "atan2": (2, 2),
           "log": (1, 2)}
CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
PLAIN = {"__builtins__": {}, **CONSTANTS, **{name: getattr(math, name) for name in
         ONE + ["floor", "ceil", "trunc", "fmod", "atan2"]},
         **{f.__name__: f for f in (abs, min, max, round, pow, int, float, bool)}}
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.BitAnd, ast.BitOr, ast.BitXor,
             ast.LShift, ast.RShift)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


class Refused(Exception):
    pass


def check(node, names):
    """Raises Refused for what the language leaves out; the same walk finds wrong names and counts of arguments."""
    if isinstance(node, ast.Constant):
        if type(node.value) not in (int, float, bool):
            raise Refused("constant")
        return
    if isinstance(node, ast.Name):
        if len(node.id) > 4 and node.id.startswith("__") and node.id.endswith("__"):
            raise Refused("name")
        if node.id not in names and node.id not in CONSTANTS:
            raise Refused("name")
        return
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.keywords or node.func.id not in COUNTS:
            raise Refused("call")
        low, high = COUNTS[node.func.id]
        if not low <= len(node.args) <= high:
            raise Refused("arity")
        for argument in node.args:
            check(argument, names)
        return
    if isinstance(node, ast.BinOp) and isinstance(node.op, OPERATORS):
        check(node.left, names)
        check(node.right, names)
    elif isinstance(node, ast.UnaryOp):
        check(node.operand, names)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            check(value, names)
    elif isinstance(node, ast.Compare) and all(isinstance(op, COMPARISONS) for op in node.ops):
        for value in [node.left, *node.comparators]:
            check(value, names)
    elif isinstance(node, ast.IfExp):
        for value in (node.test, node.body, node.orelse):
            check(value, names)
    else:
        raise Refused(type(node).__name__)


def whole(x):
    if not math.isfinite(x) or x != math.trunc(x) or abs(x) > 2 ** 53:
        raise TypeError
    return int(x)


def power(x, y):
    if y == 2 or y == 3 or y == 4:
        r = x * x if y == 2 else x * x * x if y == 3 else (x * x) * (x * x)
        if math.isinf(r) and math.isfinite(x):
            raise OverflowError
        return r
    if x < 0 and math.isfinite(x) and math.isfinite(y) and y != math.floor(y):
        raise ValueError
    return x ** y


def bits(op, x, y):
    a, b = whole(x), whole(y)
    if isinstance(op, ast.BitAnd):
        r = a & b
    elif isinstance(op, ast.BitOr):
        r = a | b
    elif isinstance(op, ast.BitXor):
        r = a ^ b
    else:
        if b < 0:
            raise ValueError
        if b > 63:
            raise OverflowError
        if isinstance(op, ast.LShift):
            return float(a << b)
        r = a >> b
    return float(r)


def binary(op, x, y):
    if isinstance(op, ast.Add):
        return x + y
    if isinstance(op, ast.Sub):
        return x - y
    if isinstance(op, ast.Mult):
        return x * y
    if isinstance(op, ast.Div):
        return x / y
    if isinstance(op, ast.FloorDiv):
        return x // y
    if isinstance(op, ast.Mod):
        return x % y
    if isinstance(op, ast.Pow):
        return power(x, y)
    return bits(op, x, y)


def compare(op, x, y):
    return {ast.Lt: x < y, ast.LtE: x <= y, ast.Gt: x > y, ast.GtE: x >= y, ast.Eq: x == y, ast.NotEq: x != y}[type(op)]


def call(name, x):
    if name in ("abs", "fabs"):
        return abs(x[0])
    if name in ("min", "max"):
        return float((min if name == "min" else max)(x))
    if name == "round" and len(x) == 2:
        if not math.isfinite(x[1]) or x[1] != math.trunc(x[1]):
            raise TypeError
        return round(x[0], int(x[1]))
    if name in ("round", "int", "floor", "ceil", "trunc"):
        function = {"round": round, "int": int, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc}[name]
        return float(function(x[0]))
    if name == "pow":
        return power(*x)
    if name == "float":
        return x[0]
    if name == "bool":
        return float(bool(x[0]))
    return getattr(math, name)(*x)


def model(node, values):
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.Name):
        return values[node.id] if node.id in values else CONSTANTS[node.id]
    if isinstance(node, ast.BinOp):
        left = model(node.left, values)
        return binary(node.op, left, model(node.right, values))
    if isinstance(node, ast.UnaryOp):
        x = model(node.operand, values)
        if isinstance(node.op, ast.USub):
            return -x
        if isinstance(node.op, ast.UAdd):
            return x
        if isinstance(node.op, ast.Not):
            return float(not x)
        return float(~whole(x))
    if isinstance(node, ast.BoolOp):
        stop = isinstance(node.op, ast.Or)
        for value in node.values:
            x = model(value, values)
            if bool(x) == stop:
                break
        return x
    if isinstance(node, ast.Compare):
        left = model(node.left, values)
        for op, comparator in zip(node.ops, node.comparators):
            right = model(comparator, values)
            if not compare(op, left, right):
                return 0.0
            left = right
        return 1.0
    if isinstance(node, ast.IfExp):
        return model(node.body if model(node.test, values) else node.orelse, values)
    return call(node.func.id, [model(argument, values) for argument in node.args])


def answer(compute):
    try:
        value = float(compute())
    except (ArithmeticError, ValueError, TypeError, MemoryError) as error:
        return {"error": type(error).__name__}
    return {"bits": "0x%016x" % struct.unpack("<Q", struct.pack("<d", value))[0]}


def small(node, most=64):
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return small(node.operand, most)
    return isinstance(node, ast.Constant) and abs(node.value) <= most


def huge(tree):
    """Whether eval() could take for ever: powers and shifts of integers without bound, and the power of ten to which an integer
    is rounded."""
    exponents = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.LShift)):
            exponents.append(node.right)
        elif isinstance(node, ast.Call) and node.func.id == "pow":
            exponents.append(node.args[1])
        elif isinstance(node, ast.Call) and node.func.id == "round" and len(node.args) == 2 and not small(node.args[1], 400):
            return True
    return len(exponents) > 1 or not all(map(small, exponents))


def main():
    for line in sys.stdin:
        job = json.loads(line, parse_int=float)
        values = job["vars"]
        try:
            source = job["src"]
            # A newline may stand before the formula here; Python takes it for an indent.
            tree = ast.parse(source.strip(" \t\f\n"), mode="eval")
            check(tree.body, values)
        except (SyntaxError, ValueError, Refused, RecursionError, MemoryError) as error:
            print(json.dumps({"refused": str(error)}))
            continue
        result = {"model": answer(lambda: model(tree.body, values))}
        if not huge(tree):
            code = compile(tree, "formula", "eval")
            result["plain"] = answer(lambda: eval(code, dict(PLAIN), values))
        print(json.dumps(result))


main()
