"""One real arm with two cameras; `ros2 launch molmoact_ros single_arm.launch.py -s` lists the arguments."""

from launch import LaunchDescription

from molmoact_bringup.launching import single_arm_description


def generate_launch_description() -> LaunchDescription:
    return single_arm_description()
