#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

extension Runtime {
    /// How many processors the system has: a sensible number of things to do at the same time. A simulation says how many
    /// there are in it.
    public static var processorCount: Int { current.interference?.processorCount ?? systemProcessorCount }

    private static let systemProcessorCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
