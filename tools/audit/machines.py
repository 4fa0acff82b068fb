"""`make test-machines`: do notebooks and pictures say the same on other processors, with other threads, one rounding
unit away?

Every setting is an environment in which pytest runs all notebooks, outputs and pictures, and draws figures/ anew.
Before that, a probe asks the libraries whether it took effect. `python -m tools.audit.machines [SETTING ...]`; see
SETTINGS.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHAT = ["notebooks", "tests/test_plots.py"]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PROBE = """
import ctypes, json, os, pathlib, threadpoolctl, torch
import numpy as np
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__  # what np.show_runtime() prints
blas = [library for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]
mkl = ctypes.CDLL(None)
before = float(np.random.default_rng(0).normal())
for path in pathlib.Path(os.environ.get("IPYTHONDIR", "nowhere")).glob("profile_default/startup/*.py"):
    exec(path.read_text())
print(json.dumps({
    "torch": torch.backends.cpu.get_cpu_capability(), "threads": torch.get_num_threads(),
    "blas": blas[0]["architecture"] if blas else None, "blas threads": blas[0]["num_threads"] if blas else None,
    "numpy": [name for name in __cpu_dispatch__ if __cpu_features__[name]],
    "intel": bool(mkl.mkl_serv_intel_cpu_true()) if hasattr(mkl, "mkl_serv_intel_cpu_true") else False,
    "moved": float(np.random.default_rng(0).normal()) != before,
}))
"""
# PyTorch's MKL asks itself whether the processor is Intel's, and takes a slow general path where it is not.
SHIM = "int mkl_serv_intel_cpu_true(void) { return 1; }"


def probe(setting):
    """What the libraries say of themselves in this setting."""
    answer = subprocess.run([sys.executable, "-c", PROBE], env=os.environ | setting, capture_output=True, text=True)
    if answer.returncode:
        raise RuntimeError(f"the probe failed:\n{answer.stderr}")
    return json.loads(answer.stdout)


def x86(torch, blas, onednn, mkl, numpy):
    """A processor that ends with these instructions. numpy: the dispatched features that are left."""

    def setting(usual, folder):
        lost = [name for name in usual["numpy"] if name not in numpy]
        return {
            "ATEN_CPU_CAPABILITY": torch.lower(),
            "OPENBLAS_CORETYPE": blas[0],
            "ONEDNN_MAX_CPU_ISA": onednn,
            "MKL_ENABLE_INSTRUCTIONS": mkl,
        } | ({"NPY_DISABLE_CPU_FEATURES": " ".join(lost)} if lost else {})

    def took_effect(found):
        return found["torch"] == torch and found["blas"] in blas and set(found["numpy"]) <= set(numpy)

    return setting, took_effect


def two_threads(usual, folder):
    return dict.fromkeys(THREADS, "2")


def intel(usual, folder):
    """MKL as on an Intel processor."""
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c"], check=True)
    return {"LD_PRELOAD": str(folder / "shim.so")}


def rounding(usual, folder):
    """Each float that is drawn or typed moves by a few rounding units: kernels run rounding.py when they start."""
    start = folder / "profile_default" / "startup"
    start.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("rounding.py"), start)
    return {"IPYTHONDIR": str(folder)}


SETTINGS = {  # name: (the environment that makes it, how the probe's answer shows that it took effect)
    "oldest": x86("DEFAULT", ("Prescott", "Katmai", "Core2"), "SSE41", "SSE4_2", ()),
    "avx2": x86("AVX2", ("Haswell", "Zen"), "AVX2", "AVX2", ("X86_V3", "AVX2", "FMA3")),
    "avx512": x86("AVX512", ("SkylakeX", "Cooperlake", "SapphireRapids"), "AVX512_CORE", "AVX512",
                  ("X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR")),
    "threads": (two_threads, lambda found: found["threads"] == 2 and found["blas threads"] in (2, None)),
    "intel": (intel, lambda found: found["intel"]),
    "rounding": (rounding, lambda found: found["moved"]),
}  # fmt: skip


def impossible(name, usual):
    """Why this machine cannot try a setting, or None."""
    if name in ("oldest", "avx2", "avx512", "intel") and platform.machine() not in ("x86_64", "AMD64"):
        return f"this machine is {platform.machine()}, not x86-64"
    if name in ("avx2", "avx512") and usual["torch"] not in ("AVX2", "AVX512")[("avx2", "avx512").index(name) :]:
        return f"this processor's best is {usual['torch']}"
    if name == "intel" and not (sys.platform == "linux" and shutil.which("cc")):
        return "it takes Linux and a C compiler"
    return None


def run(name, usual):
    """(what happened, in a word; in a line) of all notebooks and pictures under one setting."""
    if reason := impossible(name, usual):
        return "not tried", reason
    make, took_effect = SETTINGS[name]
    with tempfile.TemporaryDirectory() as folder:
        setting = make(usual, Path(folder))
        found = probe(setting)
        if not took_effect(found):
            return "no effect", f"the libraries say {found}"
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-q", *WHAT]
        tests = subprocess.run(command, cwd=ROOT, env=os.environ | setting, stdout=subprocess.PIPE, text=True)
        print(tests.stdout if tests.returncode else "", end="", flush=True)
    last = tests.stdout.strip().splitlines()[-1].strip("= ")
    says = f"torch {found['torch']}, OpenBLAS {found['blas']}, NumPy {'+'.join(found['numpy']) or 'baseline'}"
    says += f", {found['threads']} threads" * (name == "threads")
    return (
        "red" if tests.returncode else "the same"
    ), f"{says}: {last.split(' in ')[0]} in {time.monotonic() - began:.0f} s"


def main(names):
    unknown = [name for name in names if name not in SETTINGS]
    if unknown:
        raise SystemExit(f"there is no setting {unknown[0]!r}: choose among {', '.join(SETTINGS)}")
    usual, bad = probe({}), 0
    for name in names or SETTINGS:
        happened, line = run(name, usual)
        bad += happened in ("red", "no effect")
        print(f"{name:9} {happened:10} {line}", flush=True)
    raise SystemExit(bad > 0)


if __name__ == "__main__":
    main(sys.argv[1:])
