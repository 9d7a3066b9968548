#!/usr/bin/env bash
# Makes the virtual environment and installs the project with everything its demo and tests need.
set -euo pipefail
: "${PYTHON:=python3.11}" "${VENV:=.venv}"

# Shared libraries that the wheels link against but do not bring: RealSense needs libusb, MuJoCo an EGL driver.
declare -A library_of=([libusb-1.0-0]=libusb-1.0.so.0 [libegl1]=libEGL.so.1 [libgl1-mesa-dri]=dri/swrast_dri.so [libgl1]=libGL.so.1)
missing=()
for package in "${!library_of[@]}"; do
  found=$(find /usr/lib /lib -path "*${library_of[$package]}*" -print -quit 2>/dev/null || true)
  [ -n "$found" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Debian packages: ${missing[*]}"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
  else
    echo "missing libraries; as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi

if ! command -v "$PYTHON" >/dev/null; then
  echo "$PYTHON not found: install Python 3.11 or say make PYTHON=/path/to/python3.11" >&2
  exit 1
fi
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
"$VENV/bin/pip" install --quiet --upgrade pip
# torch first and pinned: an unpinned requirement of another package would pull gigabytes of CUDA libraries.
"$VENV/bin/pip" install --quiet torch==2.13.0
echo "installing molmoact-ros (compiles the ROS interfaces, about a minute)"
"$VENV/bin/pip" install --quiet -e ".[all,dev]"

# Configuration and launch files live, like the Python code: an edit needs no new installation.
for folder in config launch; do
  rm -rf "$VENV/share/molmoact_ros/$folder"
  ln -s "$PWD/$folder" "$VENV/share/molmoact_ros/$folder"
done
