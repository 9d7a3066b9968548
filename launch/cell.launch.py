"""ros2 launch molmoact_ros cell.launch.py: the simulated cell; arguments: ros2 launch molmoact_ros cell.launch.py -s."""

from launch import LaunchDescription

from molmoact_bringup.launching import cell_description


def generate_launch_description() -> LaunchDescription:
    return cell_description()
