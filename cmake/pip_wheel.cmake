# Read only by `pip install .` (see pyproject.toml); colcon and a ROS machine never load this file.
# It points CMake at the ament prefix of the build environment and mends what the ROS wheels export.
if(_PIP_WHEEL_INCLUDED)
  return()
endif()
set(_PIP_WHEEL_INCLUDED TRUE)

execute_process(
  COMMAND "${Python3_EXECUTABLE}" -c
    "import pathlib, ament_package; print(pathlib.Path(ament_package.__file__).resolve().parents[4])"
  OUTPUT_VARIABLE _prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
list(PREPEND CMAKE_PREFIX_PATH "${_prefix}")
set(ENV{AMENT_PREFIX_PATH} "${_prefix}")

# The wheels' *__rosidl_generator_py targets name include directories of the image that they were built in.
function(_drop_include_directories_that_do_not_exist)
  get_directory_property(_targets IMPORTED_TARGETS)
  foreach(_target IN LISTS _targets)
    get_target_property(_include ${_target} INTERFACE_INCLUDE_DIRECTORIES)
    if(_include MATCHES "/opt/python/")
      list(FILTER _include EXCLUDE REGEX "^/opt/python/")
      set_target_properties(${_target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${_include}")
    endif()
  endforeach()
endfunction()
cmake_language(DEFER CALL _drop_include_directories_that_do_not_exist)
