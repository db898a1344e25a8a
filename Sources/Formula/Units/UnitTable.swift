/// The UCUM units that plants use, and the metric prefixes.
enum UnitTable {
  /// The unit with a symbol, which may have a prefix.
  static func unit(_ symbol: String) -> Unit? {
    if let unit = units[symbol] { return unit }
    for (prefix, factor) in prefixes where symbol.hasPrefix(prefix) {
      let rest = String(symbol.dropFirst(prefix.count))
      guard metric.contains(rest), var unit = units[rest] else { continue }
      unit.factor = unit.factor.map { $0 * factor }
      return unit
    }
    return nil
  }

  private static let prefixes: [(String, Double)] = [
    ("da", 1e1), ("Y", 1e24), ("Z", 1e21), ("E", 1e18), ("P", 1e15), ("T", 1e12), ("G", 1e9),
    ("M", 1e6), ("k", 1e3), ("h", 1e2), ("d", 1e-1), ("c", 1e-2), ("m", 1e-3), ("u", 1e-6),
    ("n", 1e-9), ("p", 1e-12), ("f", 1e-15),
  ]

  /// Those that take prefixes.
  private static let metric: Set<String> = [
    "m", "g", "s", "A", "K", "cd", "mol", "rad", "Hz", "N", "Pa", "J", "W", "C", "V", "F", "Ohm",
    "S", "Wb", "T", "H", "lm", "lx", "Bq", "l", "L", "t", "bar", "eV", "Cel", "cal", "P", "St",
    "bit", "By", "B", "mho", "sr", "Gy", "Sv", "ar", "u", "Bd",
    "m[H2O]", "m[Hg]",
  ]

  private static let units: [String: Unit] = {
    func unit(_ factor: Double, _ m: Int8, _ kg: Int8, _ s: Int8, _ a: Int8 = 0, _ k: Int8 = 0)
      -> Unit
    {
      Unit(dimensions: SIMD8(m, kg, s, a, k, 0, 0, 0), factor: factor, code: "")
    }
    func point(_ factor: Double) -> Unit {
      var unit = unit(factor, 0, 0, 0, 0, 1)
      unit.isPoint = true
      return unit
    }
    var table: [String: Unit] = [
      "m": unit(1, 1, 0, 0), "g": unit(1e-3, 0, 1, 0), "s": unit(1, 0, 0, 1),
      "A": unit(1, 0, 0, 0, 1), "K": unit(1, 0, 0, 0, 0, 1),
      "Cel": point(1), "[degF]": point(5.0 / 9), "[degR]": unit(5.0 / 9, 0, 0, 0, 0, 1),
      "min": unit(60, 0, 0, 1), "h": unit(3600, 0, 0, 1), "d": unit(86400, 0, 0, 1),
      "wk": unit(604_800, 0, 0, 1), "a": unit(31_557_600, 0, 0, 1),
      "Hz": unit(1, 0, 0, -1), "Bq": unit(1, 0, 0, -1), "Bd": unit(1, 0, 0, -1),
      "N": unit(1, 1, 1, -2), "Pa": unit(1, -1, 1, -2), "J": unit(1, 2, 1, -2),
      "W": unit(1, 2, 1, -3), "C": unit(1, 0, 0, 1, 1), "V": unit(1, 2, 1, -3, -1),
      "F": unit(1, -2, -1, 4, 2), "Ohm": unit(1, 2, 1, -3, -2), "S": unit(1, -2, -1, 3, 2),
      "mho": unit(1, -2, -1, 3, 2), "Wb": unit(1, 2, 1, -2, -1), "T": unit(1, 0, 1, -2, -1),
      "H": unit(1, 2, 1, -2, -2), "Gy": unit(1, 2, 0, -2), "Sv": unit(1, 2, 0, -2),
      "l": unit(1e-3, 3, 0, 0), "L": unit(1e-3, 3, 0, 0), "t": unit(1e3, 0, 1, 0),
      "ar": unit(100, 2, 0, 0), "har": unit(1e4, 2, 0, 0), "u": unit(1.66053906660e-27, 0, 1, 0),
      "bar": unit(1e5, -1, 1, -2), "atm": unit(101_325, -1, 1, -2),
      "[psi]": unit(6_894.757293168, -1, 1, -2), "m[H2O]": unit(9_806.65, -1, 1, -2),
      "mm[H2O]": unit(9.80665, -1, 1, -2), "m[Hg]": unit(133_322, -1, 1, -2),
      "mm[Hg]": unit(133.322, -1, 1, -2), "[in_i'H2O]": unit(249.08891, -1, 1, -2),
      "cal": unit(4.184, 2, 1, -2), "[Btu]": unit(1_055.05585262, 2, 1, -2),
      "eV": unit(1.602176634e-19, 2, 1, -2), "[HP]": unit(745.69987158227, 2, 1, -3),
      "P": unit(0.1, -1, 1, -1), "St": unit(1e-4, 2, 0, -1),
      "[in_i]": unit(0.0254, 1, 0, 0), "[ft_i]": unit(0.3048, 1, 0, 0),
      "[yd_i]": unit(0.9144, 1, 0, 0), "[mi_i]": unit(1_609.344, 1, 0, 0),
      "[nmi_i]": unit(1_852, 1, 0, 0), "[kn_i]": unit(1_852.0 / 3600, 1, 0, -1),
      "[gal_us]": unit(3.785411784e-3, 3, 0, 0), "[bbl_us]": unit(0.158987294928, 3, 0, 0),
      "[cft_i]": unit(0.028316846592, 3, 0, 0), "[lb_av]": unit(0.45359237, 0, 1, 0),
      "[oz_av]": unit(0.028349523125, 0, 1, 0), "[lbf_av]": unit(4.4482216152605, 1, 1, -2),
      "[g]": unit(9.80665, 1, 0, -2),
    ]
    for (code, factor) in [
      ("%", 0.01), ("[ppth]", 1e-3), ("[ppm]", 1e-6), ("[ppb]", 1e-9), ("[pi]", Double.pi),
      ("bit", 1), ("By", 8), ("1", 1), ("[pH]", 1), ("B", 1),
    ] {
      table[code] = Unit(factor: factor, code: "")
    }
    func other(_ place: Int, _ factor: Double = 1) -> Unit {
      var dimensions = SIMD8<Int8>.zero
      dimensions[place] = 1
      return Unit(dimensions: dimensions, factor: factor, code: "")
    }
    table["cd"] = other(5)
    table["lm"] = other(5)
    var lux = other(5)
    lux.dimensions[0] = -2
    table["lx"] = lux
    table["mol"] = other(6)
    table["rad"] = other(7)
    table["deg"] = other(7, Double.pi / 180)
    table["'"] = other(7, Double.pi / 10_800)
    table["sr"] = Unit.one
    return table
  }()
}
