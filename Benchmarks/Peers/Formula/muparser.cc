// muParser over one expression: muparser.cc MODE ROWS EXPRESSION NAME:LOW:HIGH...
// MODE single: an iteration copies ROWS fresh rows, one after the other, into the bound variables, evaluates each and keeps
// the result.
// MODE compile: an iteration sets the expression and evaluates it once.
// flags: -std=c++17 -lmuparser
#include <muParser.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "../peer.h"

static mu::Parser parser;
static std::vector<double> table, bound;
static std::string text;
static size_t rows, stride;
static const size_t tableRows = 1024;

static double floorOf(double x) { return std::floor(x); }

static uint64_t bits(double sum) {
    uint64_t result;
    std::memcpy(&result, &sum, sizeof result);
    return result;
}

static uint64_t single(uint64_t iterations) {
    static double results[tableRows];
    while (iterations--) {
        for (size_t row = 0; row < rows; row++) {
            std::memcpy(bound.data(), &table[(row % tableRows) * stride], stride * sizeof(double));
            results[row % tableRows] = parser.Eval();
        }
    }
    double sum = 0;
    for (double result : results) sum += result;
    return bits(sum);
}

static uint64_t compile(uint64_t iterations) {
    double sum = 0;
    while (iterations--) {
        parser.SetExpr(text);
        sum += parser.Eval();
    }
    return bits(sum);
}

// splitmix64, as SeededNumbers in the suite.
static double uniform(uint64_t &state) {
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return double((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

int main(int count, char **arguments) {
    if (count < 4) return 64;
    rows = std::strtoul(arguments[2], nullptr, 10);
    text = arguments[3];
    stride = size_t(count - 4);
    bound.resize(stride);
    table.resize(stride * tableRows);
    std::vector<double> low(stride), high(stride);
    parser.DefineFun("floor", floorOf);
    for (size_t j = 0; j < stride; j++) {
        std::string variable = arguments[4 + j];
        size_t first = variable.find(':'), second = variable.find(':', first + 1);
        low[j] = std::strtod(variable.c_str() + first + 1, nullptr);
        high[j] = std::strtod(variable.c_str() + second + 1, nullptr);
        parser.DefineVar(variable.substr(0, first), &bound[j]);
    }
    uint64_t state = 42;
    for (size_t row = 0; row < tableRows; row++)
        for (size_t j = 0; j < stride; j++)
            table[row * stride + j] = low[j] + (high[j] - low[j]) * uniform(state);
    std::memcpy(bound.data(), table.data(), stride * sizeof(double));
    parser.SetExpr(text);
    parser.Eval();
    return peer_main("muParser", std::strcmp(arguments[1], "compile") ? single : compile);
}
