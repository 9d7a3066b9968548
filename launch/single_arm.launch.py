"""ros2 launch molmoact_ros single_arm.launch.py: one real arm with two cameras; arguments: ros2 launch molmoact_ros single_arm.launch.py -s."""

from launch import LaunchDescription

from molmoact_bringup.launching import single_arm_description


def generate_launch_description() -> LaunchDescription:
    return single_arm_description()
