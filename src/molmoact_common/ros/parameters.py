"""ROS parameters from a schema: declared with default and description, read back validated."""

from typing import Any

from pydantic_core import PydanticUndefined
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from molmoact_common.yaml_config import SettingsT, validate


def read_parameters(node: Node, schema: type[SettingsT]) -> SettingsT:
    """Declare every field of `schema` as a parameter of `node`, and validate what was set.

    A field without a default is declared as an empty string. Fields should be bool, int, float or str.

    Raises:
        ConfigError: the first parameter that the schema refuses, with what it got and why.
    """
    values: dict[str, Any] = {}
    for name, field in schema.model_fields.items():
        default = "" if field.default is PydanticUndefined else field.default
        descriptor = ParameterDescriptor(description=field.description or "", dynamic_typing=True)
        values[name] = node.declare_parameter(name, default, descriptor).value
    return validate(values, schema, f"parameters of {node.get_name()}")
