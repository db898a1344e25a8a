"""The bus of Suites/DBC/Workload.swift."""

MASK = (1 << 64) - 1
FRAME_COUNT = 16384


def text():
    out = ['VERSION ""\nBU_: A\n']
    for message in range(48):
        out.append(f"BO_ {message * 37 + 16} M{message}: 8 A\n")
        for signal in range(8):
            sign = "+" if signal % 2 == 0 else "-"
            scaling = f'({signal + 1}.5,-{signal * 10}) [0|0] "" A\n'
            if message % 3 == 0:
                out.append(f" SG_ S{signal} : {signal * 8}|{7 - signal % 3}@1{sign} {scaling}")
            elif message % 3 == 1:
                out.append(f" SG_ S{signal} : {signal * 8 + 7}|{7 - signal % 3}@0{sign} {scaling}")
            else:
                mark = "M" if signal == 0 else "" if signal < 4 else f"m{signal - 4}"
                start = signal * 8 if signal < 4 else 32
                bits = 2 if signal == 0 else 8
                order = "+" if signal == 0 else sign
                if signal == 0:
                    scaling = '(1,0) [0|0] "" A\n'
                out.append(f" SG_ S{signal} {mark} : {start}|{bits}@1{order} {scaling}")
    return "".join(out)


def frames():
    state = 1
    out = []
    for _ in range(FRAME_COUNT):
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK
        message = (state >> 33 & 0xFFFFFFFF) % 48
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK
        out.append((message * 37 + 16, state.to_bytes(8, "little")))
    return out
