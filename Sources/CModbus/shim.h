#pragma once
// pkg-config's flags name the folder that holds modbus.h; Swift takes libmodbus's error numbers from here.
#include <errno.h>
#include <modbus.h>
