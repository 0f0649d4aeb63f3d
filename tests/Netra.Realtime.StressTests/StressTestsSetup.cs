// The tests share the machine's cores and the minutes of a long run: one after the other, each has its stated share.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
