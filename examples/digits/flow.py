"""Which of several models tells handwritten digits apart best?

A branch looks at the data while another one tries settings, each in a task of its own; the best model goes on.
"""

from metaflow import FlowSpec, Parameter, step


class DigitsFlow(FlowSpec):
    """From images of digits to the best of several models."""

    depth = Parameter("depth", default=12, help="How deep the trees may grow.")
    trees = Parameter("trees", default="10,30,90", help="Numbers of trees to try, with commas between them.")
    least = Parameter("least", default=0.9, help="The run fails when no model is right this often.")

    @step
    def start(self):
        """Read 1,797 images of 8 by 8 points, and keep a quarter of them for the end."""
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        images, digits = load_digits(return_X_y=True)
        split = train_test_split(images, digits, test_size=0.25, random_state=0, stratify=digits)
        self.train_images, self.test_images, self.train_digits, self.test_digits = split
        self.next(self.look, self.choose)

    @step
    def look(self):
        """How often each digit is there."""
        self.counts = {digit: int((self.train_digits == digit).sum()) for digit in range(10)}
        self.next(self.together)

    @step
    def choose(self):
        self.settings = [int(number) for number in self.trees.split(",")]
        self.next(self.fit, foreach="settings")

    @step
    def fit(self):
        """One model, in a task of its own."""
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(n_estimators=self.input, max_depth=self.depth, random_state=0, n_jobs=1)
        self.model = forest.fit(self.train_images, self.train_digits)
        self.accuracy = float(self.model.score(self.test_images, self.test_digits))
        print(f"{self.input} trees: {self.accuracy:.4f}")
        self.next(self.best)

    @step
    def best(self, inputs):
        """The most accurate; of two that are equal, the smaller."""
        first = min(inputs, key=lambda one: (-one.accuracy, one.input))
        self.model, self.accuracy, self.chosen = first.model, first.accuracy, first.input
        self.tried = {one.input: one.accuracy for one in inputs}
        self.next(self.together)

    @step
    def together(self, inputs):
        self.merge_artifacts(inputs, include=["counts", "model", "accuracy", "chosen", "tried"])
        self.next(self.end)

    @step
    def end(self):
        if self.accuracy < self.least:
            raise ValueError(f"The best model is right in {self.accuracy:.4f} of the cases, not in {self.least}.")
        print(f"{self.chosen} trees are best: {self.accuracy:.4f}")


if __name__ == "__main__":
    DigitsFlow()
