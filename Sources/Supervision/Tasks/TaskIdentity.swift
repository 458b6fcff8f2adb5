/// What tells the current task from all others that exist now.
package enum TaskIdentity {
    /// Nil outside of a task.
    package static var current: UInt? {
        withUnsafeCurrentTask { task in
            guard let task else { return nil }
            // What it holds is a reference to the task, and Swift's hash of it is that of the reference, too, but takes
            // 300 instructions.
            return withUnsafeBytes(of: task) { bytes in
                bytes.count >= MemoryLayout<UInt>.size ? bytes.load(as: UInt.self) : UInt(bitPattern: task.hashValue)
            }
        }
    }
}
