"""The shell around the verbs: speed, languages, exit codes, how errors look."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from pipeline import __version__, errors
from pipeline.cli import VERBS, main
from pipeline.cli._globals import Globals
from pipeline.cli._group import LazyGroup, Verb
from pipeline.cli._language import speak
from pipeline.cli._outcome import exit_code_of
from pipeline.cli.archive import VERBS as ARCHIVE_VERBS
from pipeline.i18n import _

HEAVY = ("numba", "numpy", "pyarrow", "shapely", "rasterio", "pandas", "geopandas", "pyogrio", "pydantic", "tqdm")
LONGQUAN = Path(sys.executable).with_name("longquan")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from pipeline.cli import main; code = main(['--help']); "
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Usage: longquan" in done.stdout or "用法： longquan" in done.stdout


@pytest.mark.parametrize("words", [*([verb] for verb in sorted(VERBS)), *(["archive", verb] for verb in ARCHIVE_VERBS)])
def test_a_verbs_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        f"import sys; from pipeline.cli import main; code = main([*{words!r}, '--help']); "
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


def test_help_takes_less_than_0_3_seconds() -> None:
    """Processor time, which on an idle machine is the time one waits: nothing here waits for anything else."""

    def once() -> float:
        process = os.spawnv(os.P_NOWAIT, LONGQUAN, [str(LONGQUAN), "--help"])
        _process, status, used = os.wait4(process, 0)
        assert status == 0
        return used.ru_utime + used.ru_stime

    assert min(once() for _turn in range(5)) <= 0.3


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"longquan {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "environ", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh"}, "zh"),
        ([], {"LANG": "C.UTF-8"}, "en"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8", "LC_ALL": "zh_TW"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),  # POSIX: empty is unset
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        (["--lang", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["--lang=zh"], {}, "zh"),
        (["demo", "x", "--lang", "zh"], {}, "zh"),
        (["--lang", "en", "demo", "--lang", "zh"], {}, "zh"),  # the last one holds, as with any option
        (["--lang=zh", "demo", "--lang", "en"], {}, "en"),
        (["demo", "--", "--lang", "zh"], {}, "en"),  # after "--" everything is a name
        (["--lang"], {"LANG": "zh_CN"}, "zh"),
        (["--lang", "fr"], {"LANG": "zh_CN"}, "zh"),
    ],
)
def test_language(arguments: list[str], environ: dict[str, str], language: str) -> None:
    assert Globals.read(arguments, environ).language == language


@pytest.mark.parametrize(
    ("arguments", "environ", "debug"),
    [
        ([], {}, False),
        (["demo", "--debug"], {}, True),
        (["--", "--debug"], {}, False),
        ([], {"LONGQUAN_DEBUG": "1"}, True),
    ],
)
def test_debug(arguments: list[str], environ: dict[str, str], debug: bool) -> None:
    assert Globals.read(arguments, environ).debug is debug


def test_help_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "--help"]) == 0
    chinese = capsys.readouterr().out
    assert main(["--lang", "en", "--help"]) == 0
    english = capsys.readouterr().out
    for page, usage, options, serve in (
        (chinese, "用法：", "选项：", "发布一个文件夹，支持 Range、ETag 和 CORS。"),
        (english, "Usage:", "Options:", "Serve a folder with Range, ETag and CORS."),
    ):
        assert page.startswith(usage)
        assert options in page
        assert serve in page
        assert all(f"  {verb} " in page for verb in VERBS)


@pytest.mark.parametrize(("encoding", "word"), [("latin-1", "\\u7528\\u6cd5"), ("gbk", "用法"), ("utf-8", "用法")])
def test_a_terminal_that_lacks_characters(encoding: str, word: str) -> None:
    done = subprocess.run(
        [str(LONGQUAN), "--lang", "zh", "--help"], capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert word in done.stdout.decode(encoding)


@pytest.mark.parametrize("place", ["before", "after"])
def test_wrong_usage(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "serve"] if place == "before" else ["serve", "--lang", "zh"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "用法：" in output.err
    assert "缺少参数 'DIR'" in output.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serv"], ["'serv'", "'serve'"]),  # did you mean
        (["--nonsense"], ["'--nonsense'"]),
        (["serve", "--port", "x", "."], ["'--port'", "'x'"]),
        (["serve", ".", "--lang", "fr"], ["'--lang'", "'fr'"]),
        ([], ["Usage:"]),
    ],
)
def test_wrong_words(arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert all(word in output.err for word in words)
    assert "Traceback" not in output.err


def _raise(error: BaseException) -> Callable[[], object]:
    def work() -> object:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (errors.LongquanError("broken"), 1, "Error: broken\n"),
        (errors.UsageError("wrong"), 2, "Error: wrong\n"),
        (errors.PolicyRefusal("no"), 3, "Error: no\n"),
        (
            errors.InputError("found", where="a.shp", expected="points", hint="ask"),
            1,
            "Error: found\n  where: a.shp\n  expected: points\n  what to do: ask\n",
        ),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (click.Abort(), 130, "Interrupted.\n"),
        (click.UsageError("odd"), 2, "Error: odd\n"),
        (click.ClickException("odd"), 1, "Error: odd\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "dist/x"),
            1,
            "Error: The operating system refused dist/x: No space left on device\n",
        ),
        (OSError("odd"), 1, "Error: The operating system refused: odd\n"),
        (MemoryError(), 1, "Error: There is not enough memory for this.\n"),
    ],
)
def test_exit_codes(error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(_raise(error)) == code
    assert capsys.readouterr() == ("", message)


def test_the_unexpected_is_owned_up_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(_raise(ZeroDivisionError("division by zero"))) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: Something unexpected happened: ZeroDivisionError: division by zero\n")
    assert "Traceback" not in said
    assert exit_code_of(_raise(ZeroDivisionError("division by zero")), debug=True) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (1, 1), (3, 3), ("text", 0), (True, 0)])
def test_what_a_verb_returns(result: object, code: int) -> None:
    assert exit_code_of(lambda: result) == code


def test_errors_are_said_in_the_language_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    speak("zh")
    try:
        assert exit_code_of(_raise(errors.InputError("坏", hint="改"))) == 1
        assert capsys.readouterr().err == "错误：坏\n  处理办法： 改\n"
        assert _("Interrupted.") == "已中断。"
    finally:
        speak("en")


def test_a_verb_is_loaded_only_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    group = LazyGroup("x", verbs={"good": Verb("tests_no_such_module:good", "Good.")})
    context = click.Context(group)
    assert group.list_commands(context) == ["good"]
    assert group.get_command(context, "other") is None
    with pytest.raises(ModuleNotFoundError):
        group.get_command(context, "good")


def test_a_reader_that_has_seen_enough() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run([str(LONGQUAN), "--help"], stdout=closed, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(("number", "code", "said"), [(signal.SIGINT, 130, "Interrupted."), (signal.SIGTERM, 0, "")])
def test_serve_from_start_to_end(number: signal.Signals, code: int, said: str, tmp_path: Path) -> None:
    for name in ("public", "government", ".partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name)
    command = [str(LONGQUAN), "--lang", "en", "serve", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        # No page of its own: the editions below it are offered, in order, without unfinished folders.
        first, second = process.stdout.readline(), process.stdout.readline()
        assert first.startswith("http://127.0.0.1:") and first.endswith("/government/\n")
        assert second == first.replace("government", "public")
        assert process.stderr.readline() == f"Serving {tmp_path}; Ctrl-C stops.\n"
        busy = int(first.split(":")[2].split("/")[0])
        assert main(["--lang", "en", "serve", str(tmp_path), "--port", str(busy)]) == 1
        process.send_signal(number)
        assert process.wait(10) == code
        rest = process.stderr.read()
    assert rest.strip() == said


def test_serve_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "serve", str(tmp_path / "missing")]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert main(["--lang", "en", "serve", str(tmp_path), "--host", "nowhere.invalid"]) == 1
    assert "No address belongs to the host nowhere.invalid." in capsys.readouterr().err
    assert main(["--lang", "en", "serve", str(tmp_path), "--port", "65536"]) == 2
