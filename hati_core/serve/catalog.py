"""stub"""
from __future__ import annotations
class Catalog:
    def __init__(self, repository, control): pass
    def is_meant(self, sql): return False
    def close(self): pass
