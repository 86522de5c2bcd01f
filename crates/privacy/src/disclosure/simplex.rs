//! The least and greatest value of a sum of unknowns under linear equations, exactly.
//!
//! The two-phase simplex method on whole numbers with one common denominator (integer-preserving pivots, Edmonds 1967): no
//! rounding, and no fractions where the equations are a two-way table's. Unknowns are at least zero.

/// One equation: these unknowns add up to `sum`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Equation {
    pub unknowns: Vec<usize>,
    pub sum: i128,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The equations contradict each other.
    Infeasible,
    /// The allowance is spent, or a number grew too large.
    Spent,
}

/// An end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extreme {
    /// Rounded towards the inside of the range.
    pub value: i128,
    /// Whether whole numbers attain it.
    pub is_attained: bool,
}

pub(crate) struct Program {
    columns: usize,
    /// Rows of `columns + 1`, the last entry is the right side; times `denominator`.
    rows: Vec<Vec<i128>>,
    /// The unknown that each row stands for; beyond `columns` it is artificial.
    basis: Vec<usize>,
    denominator: i128,
}

impl Program {
    /// Finds one solution. `allowance`: entries that may be touched, counted down.
    pub fn new(equations: &[Equation], columns: usize, allowance: &mut u64) -> Result<Self, Stop> {
        let row = |equation: &Equation| {
            let mut row = vec![0; columns + 1];
            for unknown in &equation.unknowns {
                row[*unknown] = 1;
            }
            row[columns] = equation.sum;
            row
        };
        let rows: Vec<_> = equations.iter().map(row).collect();
        let basis = (columns..columns + rows.len()).collect();
        let mut program = Self { columns, rows, basis, denominator: 1 };
        if equations.iter().any(|equation| equation.sum < 0) {
            return Err(Stop::Infeasible);
        }
        // The sum of what is still unexplained, to be made zero.
        let mut objective = vec![0_i128; columns + 1];
        for row in &program.rows {
            for (entry, other) in objective.iter_mut().zip(row) {
                *entry = entry.checked_add(*other).ok_or(Stop::Spent)?;
            }
        }
        program.climb(&mut objective, allowance)?;
        if objective[columns] != 0 {
            return Err(Stop::Infeasible);
        }
        program.drop_artificial(allowance)?;
        Ok(program)
    }

    /// The greatest value of the sum of `unknowns`.
    pub fn greatest(&mut self, unknowns: &[usize], allowance: &mut u64) -> Result<Extreme, Stop> {
        let value = self.extreme(unknowns, 1, allowance)?;
        Ok(Extreme { value: value.div_euclid(self.denominator), is_attained: self.is_whole() })
    }

    /// The least value of the sum of `unknowns`.
    pub fn least(&mut self, unknowns: &[usize], allowance: &mut u64) -> Result<Extreme, Stop> {
        let value = self.extreme(unknowns, -1, allowance)?;
        Ok(Extreme { value: -(-value).div_euclid(self.denominator), is_attained: self.is_whole() })
    }

    /// The solution that was reached last, if its numbers are whole.
    pub fn solution(&self) -> Option<Vec<i128>> {
        if !self.is_whole() {
            return None;
        }
        let mut values = vec![0; self.columns];
        for (unknown, row) in self.basis.iter().zip(&self.rows) {
            values[*unknown] = row[self.columns] / self.denominator;
        }
        Some(values)
    }

    fn is_whole(&self) -> bool {
        self.rows.iter().all(|row| row[self.columns] % self.denominator == 0)
    }

    /// Times `denominator`.
    fn extreme(&mut self, unknowns: &[usize], sign: i128, allowance: &mut u64) -> Result<i128, Stop> {
        let mut is_wanted = vec![false; self.columns];
        let mut objective = vec![0; self.columns + 1];
        for unknown in unknowns {
            is_wanted[*unknown] = true;
            objective[*unknown] = sign * self.denominator;
        }
        for (row, _) in self.rows.iter().zip(&self.basis).filter(|(_, unknown)| is_wanted[**unknown]) {
            for (entry, other) in objective.iter_mut().zip(row) {
                *entry = entry.checked_sub(sign * other).ok_or(Stop::Spent)?;
            }
        }
        self.climb(&mut objective, allowance)?;
        // The right side holds what was taken away.
        Ok(-objective[self.columns] * sign)
    }

    /// Pivots while the objective grows. The steepest column first; the first one (Bland) while nothing moves, which ends.
    fn climb(&mut self, objective: &mut [i128], allowance: &mut u64) -> Result<(), Stop> {
        let mut still = 0;
        loop {
            let grows = (0..self.columns).filter(|column| objective[*column] > 0);
            let entering = if still > self.rows.len() {
                grows.min()
            } else {
                grows.max_by_key(|column| (objective[*column], std::cmp::Reverse(*column)))
            };
            let Some(column) = entering else { return Ok(()) };
            // Without a row the sum would grow for ever; each unknown stands in an equation, so it cannot.
            let row = self.leaving(column)?.ok_or(Stop::Spent)?;
            still = if self.rows[row][self.columns] == 0 { still + 1 } else { 0 };
            self.pivot(row, column, Some(objective), allowance)?;
        }
    }

    /// The row that first reaches zero; of equal ones the lowest unknown.
    fn leaving(&self, column: usize) -> Result<Option<usize>, Stop> {
        let mut best: Option<usize> = None;
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| row[column] > 0) {
            let Some(other) = best else {
                best = Some(at);
                continue;
            };
            let ours = row[self.columns].checked_mul(self.rows[other][column]).ok_or(Stop::Spent)?;
            let theirs = self.rows[other][self.columns].checked_mul(row[column]).ok_or(Stop::Spent)?;
            if ours < theirs || (ours == theirs && self.basis[at] < self.basis[other]) {
                best = Some(at);
            }
        }
        Ok(best)
    }

    fn pivot(
        &mut self,
        at: usize,
        column: usize,
        objective: Option<&mut [i128]>,
        allowance: &mut u64,
    ) -> Result<(), Stop> {
        let pivot_row = std::mem::take(&mut self.rows[at]);
        let filled: Vec<usize> = (0..=self.columns).filter(|entry| pivot_row[*entry] != 0).collect();
        let (pivot, denominator) = (pivot_row[column], self.denominator);
        let mut touched = 0;
        let others = self.rows.iter_mut().map(Vec::as_mut_slice).filter(|row| !row.is_empty());
        for row in others.chain(objective) {
            touched += eliminate(row, &pivot_row, &filled, column, (pivot, denominator))?;
        }
        *allowance = allowance.checked_sub(touched + filled.len() as u64).ok_or(Stop::Spent)?;
        self.rows[at] = pivot_row;
        self.basis[at] = column;
        self.denominator = pivot;
        Ok(())
    }

    /// After the first phase: rows that still stand for nothing are exchanged, or say nothing new.
    fn drop_artificial(&mut self, allowance: &mut u64) -> Result<(), Stop> {
        let mut at = 0;
        while at < self.rows.len() {
            if self.basis[at] < self.columns {
                at += 1;
                continue;
            }
            match (0..self.columns).find(|column| self.rows[at][*column] != 0) {
                Some(column) => {
                    if self.rows[at][column] < 0 {
                        self.rows[at].iter_mut().for_each(|entry| *entry = -*entry);
                    }
                    self.pivot(at, column, None, allowance)?;
                    at += 1;
                }
                None => {
                    self.rows.swap_remove(at);
                    self.basis.swap_remove(at);
                }
            }
        }
        Ok(())
    }
}

/// Clears one column of a row. Returns how many entries that took.
fn eliminate(
    row: &mut [i128],
    pivot_row: &[i128],
    filled: &[usize],
    column: usize,
    (pivot, denominator): (i128, i128),
) -> Result<u64, Stop> {
    let factor = row[column];
    if pivot == denominator {
        if factor == 0 {
            return Ok(1);
        }
        for entry in filled {
            let product = factor.checked_mul(pivot_row[*entry]).ok_or(Stop::Spent)?;
            // INVARIANT: the division is exact (Edmonds).
            let part = if denominator == 1 {
                row[*entry].checked_sub(product)
            } else {
                let scaled = row[*entry].checked_mul(pivot).ok_or(Stop::Spent)?;
                scaled.checked_sub(product).map(|whole| whole / denominator)
            };
            row[*entry] = part.ok_or(Stop::Spent)?;
        }
        return Ok(filled.len() as u64);
    }
    for (entry, other) in row.iter_mut().zip(pivot_row) {
        let scaled = entry.checked_mul(pivot).ok_or(Stop::Spent)?;
        let product = factor.checked_mul(*other).ok_or(Stop::Spent)?;
        *entry = scaled.checked_sub(product).ok_or(Stop::Spent)? / denominator;
    }
    Ok(row.len() as u64)
}
