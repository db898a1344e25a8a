#pragma once

/// Keeps all threads of this process, and what they start from now on, to one processor; negative: to none. 0, or an error number.
int iiot_run_on(int processor);
