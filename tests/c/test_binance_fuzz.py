"""The scanner stays inside its buffers whatever the bytes are: under ASan and UBSan."""

import gzip
import subprocess
from itertools import islice
from pathlib import Path

import pytest

from tests.beside import CAPTURES, needs_captures
from tests.c.sources import CSRC, sources

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ["binance", "decimal", "fields", "instant", "json"]


@pytest.mark.parametrize("source", ["made", pytest.param("recorded", marks=needs_captures)])
def test_damaged_frames_never_lead_the_scanner_outside_its_buffers(tmp_path, made_captures, source):
    program, corpus = tmp_path / "binance_fuzz", tmp_path / "corpus"
    frames = []
    for path in (made_captures if source == "made" else CAPTURES).values():
        with gzip.open(path) as file:
            frames += [line.split(b" ", 1)[1] for line in islice(file, 60)]
    frames += [b'{"result":null,"id":1}\n', b'[{"x":[[[null,true,-1.5e+3,"\\u00e9"]]]}]\n']
    corpus.write_bytes(b"".join(frames))
    command = ["gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"]
    command += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", CSRC]
    command += [ROOT / "tests" / "c" / "binance_fuzz.c"]
    command += sources(*SOURCES)
    subprocess.run([*command, "-o", program], check=True)
    done = subprocess.run([program, corpus], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
