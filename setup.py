from setuptools import setup

setup(cffi_modules=["tools/cffi_build.py:ffi"])
