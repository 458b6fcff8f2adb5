/// What is known by a number that is given out once, in rising order.
protocol SerialNumber: Hashable {
    var number: Int { get }
}

extension SerialNumber {
    /// What a dictionary looks for it by. Nobody chooses these numbers, so this need not withstand an attack, as Swift's own
    /// hash does, which takes 150 instructions. Numbers that follow each other come to lie apart, evenly.
    func _rawHashValue(seed: Int) -> Int {
        let product = UInt64(bitPattern: Int64(number ^ seed)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: product >> 32)
    }
}
