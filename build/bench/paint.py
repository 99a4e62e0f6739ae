"""Watches an X display for the first picture: the time from the start of a program
until more than 16 colours are on the screen. Reads the screen's memory through
libX11, which takes a few milliseconds and so hardly disturbs what it measures.

usage, on a display of its own: paint.py SECONDS COMMAND...   prints milliseconds"""

import ctypes
import ctypes.util
import subprocess
import sys
import time

COLOURS = 16
EVERY = 0.01  # seconds between looks


class Image(ctypes.Structure):
    """The head of Xlib's XImage."""
    _fields_ = [("width", ctypes.c_int), ("height", ctypes.c_int), ("xoffset", ctypes.c_int), ("format", ctypes.c_int), ("data", ctypes.c_void_p),
                ("byte_order", ctypes.c_int), ("bitmap_unit", ctypes.c_int), ("bitmap_bit_order", ctypes.c_int), ("bitmap_pad", ctypes.c_int),
                ("depth", ctypes.c_int), ("bytes_per_line", ctypes.c_int)]


class Screen:
    """What is on the display now, in one pixel of 37."""

    def __init__(self):
        self.x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.x.XGetImage.restype = ctypes.POINTER(Image)
        self.x.XDefaultRootWindow.restype = ctypes.c_ulong
        self.display = self.x.XOpenDisplay(None)
        if not self.display:
            sys.exit("paint: no display")
        d = ctypes.c_void_p(self.display)
        self.root = self.x.XDefaultRootWindow(d)
        self.size = self.x.XDisplayWidth(d, 0), self.x.XDisplayHeight(d, 0)

    def colours(self):
        d = ctypes.c_void_p(self.display)
        image = self.x.XGetImage(d, ctypes.c_ulong(self.root), 0, 0, *self.size, ctypes.c_ulong(0xFFFFFFFF), 2)
        i = image.contents
        pixels = memoryview(ctypes.string_at(i.data, i.bytes_per_line * i.height)).cast("I")
        n = len(set(pixels[::37]))
        self.x.XDestroyImage(image)
        return n


def first(screen, command, patience):
    """Starts command; returns the seconds until its first picture, or None, and ends it."""
    if screen.colours() > 1:
        sys.exit("paint: the display is not empty")
    began = time.monotonic()
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while (now := time.monotonic() - began) < patience and p.poll() is None:
            if screen.colours() > COLOURS:
                return time.monotonic() - began
            time.sleep(EVERY)
        return None
    finally:
        p.terminate()
        p.wait(10)


if __name__ == "__main__":
    took = first(Screen(), sys.argv[2:], float(sys.argv[1]))
    if took is None:
        sys.exit("paint: nothing was painted")
    print(f"{took * 1000:.0f}")
