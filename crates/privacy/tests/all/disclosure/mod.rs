mod acro;
mod cells;
