/// What an order is marked with in the index of a person's day.
package enum IndexMark {
    /// It credits this person alone.
    package static let single = "1"
    /// It credits several, and so may count more than once in a target they share.
    package static let split = "2"
}
