"""Output that cannot be written costs words or the command, never a traceback."""

import os
from pathlib import Path

import pytest

from pinnacle.core.stream import Output, OutputError, text_over


@pytest.fixture
def full():
    with Path("/dev/full").open("wb") as device:
        yield device.fileno()


@pytest.fixture
def readerless():
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_the_forgiving_lose_what_cannot_be_written_and_say_why(full):
    calls = []
    output = Output(full, forgiving=True, on_loss=lambda: calls.append(1))
    stream = text_over(output)
    for _ in range(3):
        print("a line", file=stream, flush=True)
    assert output.trouble == "No space left on device"
    assert output.lost >= 3 and len(calls) == output.lost


def test_the_others_end_with_an_exit_code(full):
    with pytest.raises(
        OutputError, match="the output cannot be written: No space left on device"
    ) as caught:
        text_over(Output(full, forgiving=False)).write("a line\n")
    assert (caught.value.exit_code, caught.value.silent) == (70, False)


def test_a_reader_who_left_ends_a_command_as_sigpipe_would(readerless):
    with pytest.raises(OutputError) as caught:
        text_over(Output(readerless, forgiving=False)).write("a line\n")
    assert (caught.value.exit_code, caught.value.silent) == (141, True)


def test_what_can_be_written_is_written_at_once_and_whole():
    reader, writer = os.pipe()
    output = Output(writer, forgiving=True)
    stream = text_over(output)
    stream.write("币安 and \udcff")
    assert os.read(reader, 100).decode() == "币安 and \\udcff"
    assert (output.lost, stream.isatty(), stream.fileno()) == (0, False, writer)
    os.close(reader)
    os.close(writer)
