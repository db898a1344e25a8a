import IndustrialIO

print("  ran:      \(Quality.good)")
