"""Arguments that do not fit are refused with a sentence; nothing crashes."""
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

import seco
from conftest import isotropic

PHASE = np.arange(64).reshape(4, 4, 4) % 2
TABLE = np.stack([isotropic(5e3, 2e3), isotropic(60e3, 25e3)])


@pytest.mark.parametrize("arguments, error, words", [
    ((PHASE.astype(float), TABLE), TypeError, "phase.*float64.*integers"),
    ((PHASE - 1, TABLE), ValueError, r"phase: entry \(0, 0, 0\) is -1"),
    ((PHASE * 70000, TABLE), ValueError, "is 70000.*65535"),
    ((PHASE + 1, TABLE), ValueError, "'phase' holds 2.*phases 0 to 1 only"),
    ((PHASE[0, 0], TABLE), ValueError, "2 or 3 axes"),
    ((PHASE[:0], TABLE), ValueError, "no voxels"),
    ((PHASE, TABLE[:, :5]), ValueError, "stiffness has no shape"),
    ((PHASE, TABLE[0]), ValueError, "stiffness has no shape"),
    ((PHASE[0], TABLE[:, :4, :4]), ValueError, r"\(phases, 3, 3\) or \(phases, 6, 6\)"),
    ((PHASE, TABLE * (1 + 1j)), TypeError, "complex.*real numbers"),
    ((PHASE, TABLE.astype(str)), TypeError, "real numbers"),
    ((PHASE, np.where(np.arange(6) == 2, np.nan, TABLE)), ValueError, "NaN"),
    ((PHASE, -TABLE), ValueError, "not positive definite"),
    ((PHASE, TABLE + np.triu(np.full((6, 6), 50.), 1)), ValueError, "not symmetric"),
    ((PHASE, 0. * TABLE), ValueError, "every voxel is a void"),
    ((PHASE, TABLE, (1., 1.)), ValueError, "'lengths' holds 2 values, expected 3"),
    ((PHASE, TABLE, (1., 1., -1.)), ValueError, "-1.*positive"),
    ((PHASE, TABLE, (1., np.nan, 1.)), ValueError, "lengths.*nan"),
    ((PHASE[:, :, :2], TABLE, 1.), ValueError, "one number for the grid"),
    ((PHASE, TABLE, 1., "N/mm2"), ValueError, "unit is 'N/mm2'; allowed are Pa, kPa, MPa, GPa"),
    ((PHASE, ["Cu", "Unobtainium"]), ValueError, "Unobtainium"),
    ((PHASE, {0: "Cu", 2: "Al"}), ValueError, r"phases \[0, 2\]"),
    ((np.ma.masked_equal(PHASE, 1), TABLE), ValueError, "masked"),
    ((None, TABLE), TypeError, "phase"),
    (([[0, 1], [1]], TABLE), ValueError, "argument phase is no array"),
    ((PHASE, [(3000, 0.35), (70e3, 0.22)]), ValueError, 'given as texts, such as "3000, 0.35"'),
])
def test_rves(arguments, error, words):
    with pytest.raises(error, match=words):
        seco.Rve(*arguments)


def test_orientations():
    with pytest.raises(ValueError, match=r"orientation has no shape of \(2, 3\)"):
        seco.Rve(PHASE, TABLE, orientation=np.zeros((1, 3)))


@pytest.mark.parametrize("call, error, words", [
    (lambda r: seco.homogenize(r, engine="certfied"), ValueError, "certfied.*did you mean 'certified'|Did you mean 'certified'"),
    (lambda r: seco.homogenize(r, tolerance=2), ValueError, "Tolerance"),
    (lambda r: seco.homogenize(r, tolerance="little"), ValueError, "little"),
    (lambda r: seco.homogenize(r, tolerence=1e-3), (ValueError, TypeError), "Tolerence"),
    (lambda r: seco.homogenize(r, device="gpu"), ValueError, "gpu"),
    (lambda r: seco.homogenize(r, model="/nowhere"), ValueError, "/nowhere"),
    (lambda r: seco.homogenize("rve.h5"), TypeError, "str"),
    (lambda r: seco.homogenize([r, None]), TypeError, "entry 1.*NoneType"),
    (lambda r: seco.homogenize(r, strange=object()), TypeError, "strange.*object"),
    (lambda r: seco.fields(r, np.ones(5)), ValueError, "6 Mandel components"),
    (lambda r: seco.fields(r, np.full(6, np.inf)), ValueError, "inf"),
    (lambda r: seco.fields(r, np.ones(6), engine="hill"), ValueError, "hill"),
    (lambda r: seco.certify(r), ValueError, "one of the arguments"),
    (lambda r: seco.certify(r, np.ones((6, 6, 4, 4))), ValueError, r"expected is \(loads, 6, 4, 4, 4\)"),
    (lambda r: seco.certify(r, np.zeros((1, 6, 4, 4, 4))), ValueError, "mean strains of all loads are zero"),
    (lambda r: seco.certify(r, np.full((6, 6, 4, 4, 4), np.nan)), ValueError, "nan"),
    (lambda r: seco.certify(r, displacement=np.zeros((2, 3, 4, 4, 4))), ValueError, "'mean_strain' is needed"),
    (lambda r: seco.certify(r, displacement=np.zeros((2, 3, 4, 4, 4)), mean_strain=np.eye(6)), ValueError, "holds 6 loads"),
    (lambda r: seco.certify(r, np.ones((1, 6, 4, 4, 4)), stress=np.ones((2, 6, 4, 4, 4))), ValueError, "'stress' holds"),
    (lambda r: seco.read("/nowhere.vti"), (ValueError, RuntimeError), "/nowhere.vti"),
    (lambda r: seco.read(__file__), (ValueError, RuntimeError), "refusals_test"),
    (lambda r: seco.generate("foam"), ValueError, "foam.*inclusions"),
    (lambda r: seco.generate("inclusions", grid=(8, 8)[:1]), ValueError, "Grid"),
    (lambda r: seco.generate("inclusions", volume_fracton=0.2), ValueError, "Volume fracton.*Volume fraction"),
    (lambda r: seco.model("nothing"), ValueError, "nothing"),
    (lambda r: seco.train("/nowhere.prm"), ValueError, "/nowhere.prm"),
    (lambda r: seco.deform(r, {0: "no such"}, np.zeros((1, 6))), ValueError, "no such"),
    (lambda r: seco.deform(r, {7: "x"}, np.zeros((1, 6))), ValueError, "Phase"),
    (lambda r: seco.deform(r, 3, np.zeros((1, 6))), TypeError, "laws"),
    (lambda r: seco.homogenize(r, engine=None), TypeError, "engine is None"),
    (lambda r: seco.fields(r, np.ones(6), tolerance=None), TypeError, "tolerance is None"),
    (lambda r: seco.homogenize(r, cache=True), TypeError, "cache is True.*folder"),
    (lambda r: seco.homogenize(r, progress=True), TypeError, "progress has the type bool"),
    (lambda r: seco.certify_continuum(r, refinement=1.5), TypeError, "refinement is 1.5"),
    (lambda r: seco.certify_continuum(r, tolerance="small"), ValueError, "tolerance is 'small'"),
    (lambda r: seco.certify(r, np.broadcast_to([1., -1., 1e-12, 0.], (6, 6, 4, 4, 4))), ValueError, "fluctuations.*mean_strain"),
    (lambda r: seco.stiffness(None), TypeError, "text has the type NoneType"),
    (lambda r: seco.rotate(TABLE[0], np.eye(3)), ValueError, r"rotation matrix.*\(1, 3, 3\)"),
    (lambda r: seco.rotate(TABLE[0], [45., 30., 0.]), ValueError, "angle 45.*radians"),
    (lambda r: seco.Rve(PHASE, TABLE, orientation=[[0., 0., 0.], [0., 90., 0.]]), ValueError, "angle 90.*radians"),
    (lambda r: seco.Rve(PHASE, {0: "Cu", "1": "Al"}), ValueError, "phases.*'1'.*expected are"),
    (lambda r: seco.deform(r, {"all": "2024-T351"}, {"time": [], **{f"E{c}": [] for c in ("11", "22", "33", "23", "13", "12")}}),
     ValueError, "no increments"),
    (lambda r: seco.Deformation(r, {"all": "2024-T351"}).advance(np.zeros(6), stress=np.zeros(6), stress_is_prescribed=["False"] * 6),
     TypeError, "stress_is_prescribed"),
    (lambda r: seco.Deformation(r, {"all": "2024-T351"}).advance(np.zeros(6), stress=np.zeros(6), stress_is_prescribed=[1, 2, 3, 0, 0, 0]),
     TypeError, "stress_is_prescribed"),
])
def test_calls(call, error, words):
    with pytest.raises(error, match=words):
        call(seco.Rve(PHASE, TABLE))


def test_arrays_of_any_layout_are_the_same_rve():
    expected = seco.Rve(PHASE, TABLE)
    read_only = PHASE.astype(np.uint16)
    read_only.flags.writeable = False
    wide = np.zeros((4, 8, 4), dtype=np.int16)
    wide[:, ::2] = PHASE
    for phase in (PHASE.tolist(), np.asfortranarray(PHASE), read_only, wide[:, ::2], PHASE.astype(">i4"), PHASE == 1):
        assert seco.Rve(phase, TABLE) == expected
    for table in (TABLE.tolist(), np.asfortranarray(TABLE), TABLE.astype(">f8"), TABLE.transpose(0, 2, 1), TABLE[::-1][::-1]):
        assert seco.Rve(PHASE, table) == expected
    assert seco.Rve(PHASE, TABLE.round().astype(int)).stiffness.dtype == np.float64


def test_rves_outlive_their_arrays_and_views_their_rves():
    phase, table = PHASE.astype(np.uint16), TABLE.copy()
    rve = seco.Rve(phase, table)
    phase[:] = 0
    table[:] = 1.
    del phase, table
    gc.collect()
    view, stiffness = rve.phase, rve.stiffness
    assert (view == PHASE).all() and (stiffness == TABLE).all()
    with pytest.raises(ValueError):
        view[0, 0, 0] = 1
    del rve
    gc.collect()
    assert (view == PHASE).all()


def test_fields_live_as_long_as_somebody_needs_them():
    fields = seco.fields(seco.Rve(PHASE, TABLE), [1e-3, 0, 0, 0, 0, 0], tolerance=1e-6)
    mean, strain = fields.strain.mean(axis=(1, 2, 3)), fields.strain
    gone = weakref.ref(fields)
    del fields
    gc.collect()
    assert gone() is None
    assert np.allclose(strain.mean(axis=(1, 2, 3)), mean) and np.allclose(mean, [1e-3, 0, 0, 0, 0, 0])


def test_threads_get_the_answers_of_one():
    rves = [seco.generate("polycrystal", grid=(6, 6, 6), number_of_grains=4, seed=s) for s in range(4)]
    expected = [seco.homogenize(rve, engine="fft").upper for rve in rves]
    found, errors = {}, []

    def work(i):
        try:
            for _ in range(3):
                found[i] = seco.homogenize(rves[i], engine="fft").upper
        except Exception as error:  # an assertion in a thread would not reach pytest
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for i, upper in enumerate(expected):
        assert np.allclose(found[i], upper, rtol=1e-12)


def test_others_run_while_work_goes_on():
    """Threads of Python advance during a call: the lock is released."""
    rve = seco.generate("polycrystal", grid=(16, 16, 16), number_of_grains=8)
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    before = counted[0]
    seco.homogenize([rve] * 4, engine="fft", tolerance=1e-8)
    during = counted[0] - before
    stop.set()
    thread.join()
    assert during > 10


@pytest.mark.parametrize("engine", ["fft", "certified"])
def test_interrupt_stops_a_long_call(engine):
    """A call that would take minutes ends soon after Ctrl-C, and the next one works."""
    rng = np.random.default_rng(1)
    rve = seco.Rve(rng.integers(0, 2, (32, 32, 32)), np.stack([isotropic(1., 1.), isotropic(1e6, 1e6)]))
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        seco.homogenize([rve] * 200, engine=engine, tolerance=1e-12, max_iterations=1000000)
    timer.join()
    assert seco.homogenize(seco.Rve(PHASE, TABLE)).ok


def test_an_exception_of_progress_ends_the_call(composite):
    def stop(done):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        seco.homogenize([composite] * 3, progress=stop)
    # It may call in itself.
    inner = []
    seco.homogenize([composite], progress=lambda done: inner.append(seco.homogenize(composite, engine="voigt").gap))
    assert inner


@pytest.mark.parametrize("threads, progress", [(3, "None"), (2, "lambda done: time.sleep(0.01)")])
def test_a_process_ends_while_its_threads_call(threads, progress):
    """Threads that Python leaves behind at its end do not crash it, whether they work, wait for others, or report. What is called
    at the end still works."""
    code = ("import atexit, threading, time\n"
            "atexit.register(lambda: print(seco.homogenize(rve, engine='voigt').status, flush=True))\n"
            "import seco\n"
            "rve = seco.generate('polycrystal', grid=(16, 16, 16), number_of_grains=4)\n"
            f"work = lambda: seco.homogenize([rve] * 5000, engine='fft', tolerance=1e-12, progress={progress})\n"
            f"for _ in range({threads}): threading.Thread(target=work, daemon=True).start()\n"
            "time.sleep(0.3)")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and result.stdout.strip() == "ok" and not result.stderr, result.stderr


def test_forked_processes_do_not_wait_for_ever():
    """A child of a process that has used threads gets an exception, with one thread it works."""
    code = ("import os, seco; rve = seco.generate('polycrystal', grid=(8, 8, 8), number_of_grains=4); seco.homogenize(rve)\n"
            "child = os.fork()\n"
            "if child == 0:\n"
            "    try: seco.homogenize(rve); os._exit(3)\n"
            "    except RuntimeError as error: os._exit(4 if 'spawn' in str(error) else 5)\n"
            "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))")
    for threads, expected in (("2", "4"), ("1", "3")):
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
                                env={**os.environ, "OMP_NUM_THREADS": threads})
        assert result.stdout.strip() == expected, result.stderr
