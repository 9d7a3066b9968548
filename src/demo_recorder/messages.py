"""The recorder's state as ROS messages: its own status, and diagnostics."""

from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from molmoact_ros.msg import RecorderStatus

from demo_recorder.take import TakeReport
from demo_recorder.takes import Takes
from molmoact_common.ros.stamps import to_time

_MARKS = {"": RecorderStatus.UNMARKED, "success": RecorderStatus.SUCCESS, "failure": RecorderStatus.FAILURE}


def recorder_status(takes: Takes, report: TakeReport, topics: Sequence[str], now_ns: int) -> RecorderStatus:
    """recorder/status; `topics`: names of the contract's, in its order."""
    message = RecorderStatus(state=int(takes.state), topics=list(topics))
    message.header.stamp = to_time(now_ns)
    message.rates = [report.health.rates[name] for name in topics]
    message.dropped = [report.health.lost[name] for name in topics]
    message.warnings, message.reason = list(report.health.warnings), report.ended
    if takes.take is not None:
        take = takes.take
        message.path, message.instruction = str(take.path), take.info.instruction
        message.mark = _MARKS[take.outcome.mark]
        message.seconds, message.bytes = report.seconds, report.size
    return message


def diagnostics(takes: Takes, report: TakeReport, now_ns: int) -> DiagnosticArray:
    """/diagnostics: a warning where anything of the take under way is wrong."""
    health = report.health
    told = (f"ended: {report.ended}",) if report.ended else health.warnings
    wrong = told if takes.take is not None else ()
    status = DiagnosticStatus(
        level=DiagnosticStatus.WARN if wrong else DiagnosticStatus.OK,
        name="recorder",
        hardware_id="recorder",
        message="; ".join(wrong) or takes.state.name.lower(),
        values=[
            KeyValue(key=name, value=f"{rate:.1f} Hz, {health.written[name]} written, {health.lost[name]} lost")
            for name, rate in health.rates.items()
        ],
    )
    array = DiagnosticArray(status=[status])
    array.header.stamp = to_time(now_ns)
    return array
