"""The thread of one camera: steps the device, hands captures on, and keeps what went wrong for whoever asks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from camera_nodes.capture import Capture
from camera_nodes.device import CameraDevice
from camera_nodes.lifecycle import Instant

_IDLE_S = 0.1


class CameraWorker:
    """Runs a device until `close`, so that no wait for frames ever blocks a node's callbacks or another camera.

    Args:
        device: stepped by this thread only.
        clock: both clocks, now.
        on_capture: called in this thread; the capture's pictures are valid until it returns.
    """

    def __init__(
        self, device: CameraDevice, clock: Callable[[], Instant], on_capture: Callable[[Capture], None]
    ) -> None:
        self._device = device
        self._clock = clock
        self._on_capture = on_capture
        self._ended = Event()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="camera")
        self._outcome = self._executor.submit(self._run)

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                capture = self._device.step(self._clock())
                if capture is not None:
                    self._on_capture(capture)
                elif self._device.is_idle:
                    self._ended.wait(_IDLE_S)
        finally:
            self._device.close()

    @property
    def has_ended(self) -> bool:
        """Whether the thread has ended, by `close` or by a failure."""
        return self._outcome.done()

    def raise_failure(self) -> None:
        """Raise what ended the thread, if something did (a ConfigError: the device is not as configured)."""
        if self.has_ended:
            self._outcome.result()

    def close(self) -> None:
        """End the thread and the stream; returns when both are down."""
        self._ended.set()
        self._executor.shutdown(wait=True)
