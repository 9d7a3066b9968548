"""Two real arms with three cameras; `ros2 launch molmoact_ros duo.launch.py -s` lists the arguments."""

from launch import LaunchDescription

from molmoact_bringup.launching import duo_description


def generate_launch_description() -> LaunchDescription:
    return duo_description()
