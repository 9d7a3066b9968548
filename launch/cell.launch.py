"""The simulated cell; `ros2 launch molmoact_ros cell.launch.py -s` lists the arguments."""

from launch import LaunchDescription

from molmoact_bringup.launching import cell_description


def generate_launch_description() -> LaunchDescription:
    return cell_description()
