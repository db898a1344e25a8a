internal import ArgumentParser

/// What the commands that ask a running gateway have in common.
struct ControlOptions: ParsableArguments {
  @Option(help: "How long to wait for a running gateway to answer, such as 5s.")
  var timeout = DurationArgument(.seconds(60))
}
