/// A formula that is measured, in our syntax and in muParser's, and the ranges of its inputs.
struct MeasuredExpression: Sendable {
  let name: String
  let formula: String
  let muParser: String
  let inputs: [(name: String, low: Double, high: Double)]

  var peerArguments: [String] {
    [muParser] + inputs.map { "\($0.name):\($0.low):\($0.high)" }
  }

  /// Rows of inputs, one after the other, in the order of `names`; the same numbers that the peer makes.
  func rows(_ count: Int, order names: [String]) -> [Double] {
    var state: UInt64 = 42
    let places = names.map { name in inputs.firstIndex { $0.name == name } ?? 0 }
    var table: [Double] = []
    table.reserveCapacity(count * places.count)
    for _ in 0..<count {
      let row = inputs.map { $0.low + ($0.high - $0.low) * Self.uniform(&state) }
      for place in places { table.append(row[place]) }
    }
    return table
  }

  private static func uniform(_ state: inout UInt64) -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }

  /// From a straight line to a mixture of everything.
  static let all: [MeasuredExpression] = [
    .init(
      name: "straight line", formula: "raw * 0.1 - 40", muParser: "((raw*0.1)-40)",
      inputs: [("raw", 0, 1000)]),
    .init(
      name: "line or zero", formula: "raw * 0.1 - 40 if raw > 100 else 0",
      muParser: "((raw>100) ? ((raw*0.1)-40) : 0)", inputs: [("raw", 0, 200)]),
    .init(
      name: "clamped 4 to 20 mA", formula: "max(0, min(100, (value - 4) * 100 / 16))",
      muParser: "max(0,min(100,(((value-4)*100)/16)))", inputs: [("value", 0, 24)]),
    .init(
      name: "length of a vector", formula: "sqrt(a * a + b * b + c * c)",
      muParser: "sqrt((((a*a)+(b*b))+(c*c)))", inputs: [("a", -5, 5), ("b", -5, 5), ("c", -5, 5)]),
    .init(
      name: "Horner", formula: "((0.5 * x + 1.5) * x - 2.5) * x + 0.25",
      muParser: "(((((0.5*x)+1.5)*x)-2.5)*x+0.25)", inputs: [("x", -5, 5)]),
    .init(
      name: "powers", formula: "0.5 * x ** 3 - 1.25 * x ** 2 + 3 * x - 0.1 * y ** 2",
      muParser: "((((0.5*(x^3))-(1.25*(x^2)))+(3*x))-(0.1*(y^2)))",
      inputs: [("x", -5, 5), ("y", -5, 5)]),
    .init(
      name: "conditions", formula: "(a > 3 and b < 2) or (c > 1 and a < 8) or b > 9",
      muParser: "(((a>3)&&(b<2))||((c>1)&&(a<8))||(b>9))",
      inputs: [("a", 0, 10), ("b", 0, 10), ("c", 0, 10)]),
    .init(
      name: "broken line",
      formula: """
        0.1 * x if x < 10 else (0.2 * x - 1 if x < 30 else (0.35 * x - 5.5 if x < 60 else \
        (0.5 * x - 14.5 if x < 90 else 30.5)))
        """,
      muParser: """
        ((x<10)?(0.1*x):((x<30)?((0.2*x)-1):((x<60)?((0.35*x)-5.5):((x<90)?((0.5*x)-14.5):30.5))))
        """, inputs: [("x", 0, 100)]),
    .init(
      name: "dew point",
      formula: """
        243.04 * (log(h / 100) + 17.625 * t / (243.04 + t)) / (17.625 - log(h / 100) - \
        17.625 * t / (243.04 + t))
        """,
      muParser: """
        ((243.04*(ln((h/100))+((17.625*t)/(243.04+t))))/((17.625-ln((h/100)))-((17.625*t)/(243.04+t))))
        """, inputs: [("h", 5, 99), ("t", -20, 60)]),
    .init(
      name: "flow compensation",
      formula: """
        q * sqrt((p + 1.01325) * 288.15 / ((t + 273.15) * 1.01325)) if p > 0.9 else 0
        """,
      muParser: "((p>0.9)?(q*sqrt((((p+1.01325)*288.15)/((t+273.15)*1.01325)))):0)",
      inputs: [("q", 0, 400), ("p", 0.8, 12), ("t", -20, 60)]),
    .init(
      name: "vibration", formula: "sqrt((sin(x) * a) ** 2 + (cos(x) * b) ** 2) / exp(d * 0.1)",
      muParser: "(sqrt((((sin(x)*a)^2)+((cos(x)*b)^2)))/exp((d*0.1)))",
      inputs: [("x", 0, 100), ("a", 1, 50), ("b", 0.5, 20), ("d", 0.1, 9)]),
    .init(
      name: "mixture",
      formula: """
        min(max(a * 1.8 + 32, b), 120) * (1 if c > 0 else 0.5) + abs(x - y) * 0.25 - \
        (z if z > 2 and x < 50 else 2) / (a + 1)
        """,
      muParser: """
        (((min(max(((a*1.8)+32),b),120)*((c>0)?1:0.5))+(abs((x-y))*0.25))-((((z>2)&&(x<50))?z:2)/(a+1)))
        """,
      inputs: [
        ("a", 1, 50), ("b", 0.5, 20), ("c", -5, 5), ("x", 0, 100), ("y", -50, 50), ("z", 1, 10),
      ]),
    .init(
      name: "offset", formula: "value - 12.5", muParser: "(value-12.5)",
      inputs: [("value", -100, 900)]),
    .init(
      name: "analogue input", formula: "raw / 27648 * 150 - 50", muParser: "(((raw/27648)*150)-50)",
      inputs: [("raw", 0, 27648)]),
    .init(
      name: "less and sum", formula: "min(x, y) + z", muParser: "(min(x,y)+z)",
      inputs: [("x", 0, 100), ("y", -50, 50), ("z", 1, 10)]),
    .init(
      name: "dead zone", formula: "0 if abs(y) < 2.5 else y", muParser: "((abs(y)<2.5) ? 0 : y)",
      inputs: [("y", -50, 50)]),
    .init(
      name: "three-phase power", formula: "sqrt(3) * a * b * 0.92 / 1000",
      muParser: "((((sqrt(3)*a)*b)*0.92)/1000)", inputs: [("a", 1, 50), ("b", 0.5, 20)]),
    .init(
      name: "degrees, clamped", formula: "min(120, max(-40, (value - 32) * 5 / 9))",
      muParser: "min(120,max((-40),(((value-32)*5)/9)))", inputs: [("value", -100, 900)]),
    .init(
      name: "alarm", formula: "1 if p > 10 or t > 55 or (q < 20 and p < 2) else 0",
      muParser: "(((p>10)||(t>55)||((q<20)&&(p<2))) ? 1 : 0)",
      inputs: [("p", 0.8, 12), ("t", -20, 60), ("q", 0, 400)]),
    .init(
      name: "levels", formula: "0 if x < 5 else (1 if x < 25 else (2 if x < 75 else 3))",
      muParser: "((x<5) ? 0 : ((x<25) ? 1 : ((x<75) ? 2 : 3)))", inputs: [("x", 0, 100)]),
    .init(
      name: "thermistor",
      formula: """
        1 / (0.001129148 + 0.000234125 * log(raw + 10) + 0.0000000876741 * log(raw + 10) ** 3) - 273.15
        """,
      muParser: """
        ((1/((0.001129148+(0.000234125*ln((raw+10))))+(0.0000000876741*(ln((raw+10))^3))))-273.15)
        """, inputs: [("raw", 0, 27648)]),
    .init(
      name: "heat index",
      formula: """
        -8.784695 + 1.61139411 * t + 2.338549 * h - 0.14611605 * t * h - 0.012308094 * t * t - \
        0.016424828 * h * h + 0.002211732 * t * t * h
        """,
      muParser: """
        (((((((-8.784695)+(1.61139411*t))+(2.338549*h))-((0.14611605*t)*h))-((0.012308094*t)*t))-\
        ((0.016424828*h)*h))+(((0.002211732*t)*t)*h))
        """, inputs: [("t", -20, 60), ("h", 5, 99)]),
    .init(
      name: "two mixtures",
      formula: """
        (a - b) / (a + b) * 100 if a + b > 5 and c > -4 else min(abs(c) * z, floor(x) + 0.5) - \
        (y if y > 0 else -y) * 0.1
        """,
      muParser: """
        ((((a+b)>5)&&(c>(-4))) ? (((a-b)/(a+b))*100) : (min((abs(c)*z),(floor(x)+0.5))-\
        (((y>0) ? y : (-y))*0.1)))
        """,
      inputs: [
        ("a", 1, 50), ("b", 0.5, 20), ("c", -5, 5), ("z", 1, 10), ("x", 0, 100), ("y", -50, 50),
      ]),
    .init(
      name: "cubes", formula: "a ** 3 + b ** 2 - a ** 4 * 0.001",
      muParser: "(((a^3)+(b^2))-((a^4)*0.001))", inputs: [("a", -5, 5), ("b", -50, 50)]),
  ]
}
